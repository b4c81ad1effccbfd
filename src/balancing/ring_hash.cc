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

}  // namespace

std::uint64_t RingHash(const FlowKey& flow, std::uint64_t seed) {
  std::uint64_t hash = StableMix(seed);
  for (const IpAddress* address : {&flow.client, &flow.vip})
    for (const std::size_t offset : {0, 8}) hash = StableMix(hash ^ WordAt(*address, offset));
  return StableMix(hash ^
                   (std::uint64_t{flow.client_port} << 32 | std::uint64_t{flow.vip_port} << 16 |
                    static_cast<std::uint64_t>(flow.protocol)));
}

}  // namespace holdfast
