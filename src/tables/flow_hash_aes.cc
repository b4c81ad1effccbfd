// Compiled with -maes and -msse4.1, and called only where the processor has both.
#include <immintrin.h>

#include "tables/flow_hash_rounds.h"

namespace holdfast {
namespace {

struct HardwareAes {
  __m128i state;

  static HardwareAes Load(const AesBytes& bytes) {
    return {_mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes.data()))};
  }
  static HardwareAes FromWords(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
    return {_mm_setr_epi32(static_cast<int>(a), static_cast<int>(b), static_cast<int>(c),
                           static_cast<int>(d))};
  }
  void Xor(const HardwareAes& other) { state = _mm_xor_si128(state, other.state); }
  void Round(const HardwareAes& round_key) { state = _mm_aesenc_si128(state, round_key.state); }
  void Store(std::uint64_t* first, std::uint64_t* second) const {
    *first = static_cast<std::uint64_t>(_mm_cvtsi128_si64(state));
    *second = static_cast<std::uint64_t>(_mm_extract_epi64(state, 1));
  }
};

}  // namespace

void HashFlowsWithAes(const HashKey& key, std::span<const FlowKey> flows,
                      std::span<FlowHash> hashes) {
  FlowHasher<HardwareAes>(key).HashAll(flows, hashes);
}

void HashIpv4FlowsWithAes(const HashKey& key, std::span<const Ipv4Tuple> flows,
                          std::span<FlowHash> hashes) {
  FlowHasher<HardwareAes>(key).HashAll(flows, hashes);
}

void HashIpv6FlowsWithAes(const HashKey& key, const Ipv6Flows& flows, std::span<FlowHash> hashes) {
  FlowHasher<HardwareAes>(key).HashAll(flows, hashes);
}

}  // namespace holdfast
