#include "tables/burst_lookup.h"

#include <vector>

#include "tables/burst_probe.h"

namespace holdfast {
namespace {

struct PortableLine {
  static unsigned Matches(const Bucket& bucket, std::uint64_t fingerprint) {
    return bucket.Matches(fingerprint);
  }
};

std::vector<BurstLookup> Supported() {
  std::vector<BurstLookup> lookups;
  if (__builtin_cpu_supports("avx512f")) lookups.push_back(kAvx512BurstLookup);
  if (__builtin_cpu_supports("avx2")) lookups.push_back(kAvx2BurstLookup);
  if (__builtin_cpu_supports("sse4.2")) lookups.push_back(kSse42BurstLookup);
  lookups.push_back(kPortableBurstLookup);
  return lookups;
}

}  // namespace

const BurstLookup kPortableBurstLookup{"portable", &BurstProbe<PortableLine>::FindAtHome,
                                       &BurstProbe<PortableLine>::FindAway};

std::span<const BurstLookup> BurstLookups() {
  static const std::vector<BurstLookup> lookups = Supported();
  return lookups;
}

}  // namespace holdfast
