#include "balancing/ring_hash.h"

#include <bit>
#include <cstring>

#include "balancing/stable_mix.h"

namespace holdfast {
namespace {

// Big-endian, so that every machine reads the same number.
std::uint64_t WordAt(const IpAddress& address, std::size_t offset) {
  std::uint64_t word;
  std::memcpy(&word, address.bytes().data() + offset, sizeof word);
  static_assert(std::endian::native == std::endian::little);
  return __builtin_bswap64(word);
}

std::uint64_t MixIn(std::uint64_t hash, const IpAddress& address) {
  for (const std::size_t offset : {0, 8}) hash = StableMix(hash ^ WordAt(address, offset));
  return hash;
}

}  // namespace

std::uint64_t SourceHash(const IpAddress& client, std::uint64_t seed) {
  return MixIn(StableMix(seed), client);
}

std::uint64_t RingHash(const FlowKey& flow, std::uint64_t seed) {
  const std::uint64_t hash = MixIn(MixIn(StableMix(seed), flow.client), flow.vip);
  return StableMix(hash ^
                   (std::uint64_t{flow.client_port} << 32 | std::uint64_t{flow.vip_port} << 16 |
                    static_cast<std::uint64_t>(flow.protocol)));
}

}  // namespace holdfast
