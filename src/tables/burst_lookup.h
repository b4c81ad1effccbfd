// BurstLookup: many look-ups in a BucketArray at once, once for each instruction
// set. All give the same results; the best that the processor has is chosen when the
// process starts.
//
// Whoever looks up prefetches the home buckets first, and does something else.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "tables/bucket_array.h"
#include "tables/flow_hash.h"

namespace holdfast {

inline constexpr std::size_t kMaxBurst = 64;

// What is known of each hash of a burst, by its place in it.
struct BurstMatches {
  std::uint64_t missing = 0;  // bit i: hash i was not found
  std::uint64_t away = 0;     // of those: it may be in its partner bucket, which was prefetched
  std::array<std::uint32_t, kMaxBurst> values;    // of those that are not missing
  std::array<std::uint32_t, kMaxBurst> partners;  // buckets, of those that may be away
};

// In two steps, so that memory has time for what the first one asks of it. All is right if
// no entry moves and none is cleared meanwhile.
struct BurstLookup {
  const char* name;  // of the instruction set, as __builtin_cpu_supports() has it
  // In the home buckets.
  void (*find_at_home)(BucketArray buckets, const FlowHash* hashes, std::size_t count,
                       BurstMatches& matches);
  // Those that may be away.
  void (*find_away)(BucketArray buckets, const FlowHash* hashes, BurstMatches& matches);
};

// Those that this processor can run, best first; the last one runs anywhere.
std::span<const BurstLookup> BurstLookups();

// One file each, and called only where the processor has the instructions.
extern const BurstLookup kAvx512BurstLookup;
extern const BurstLookup kAvx2BurstLookup;
extern const BurstLookup kSse42BurstLookup;
extern const BurstLookup kPortableBurstLookup;

}  // namespace holdfast
