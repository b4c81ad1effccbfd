// Compiled with -maes, and called only where the processor has it.
#include <immintrin.h>

#include "tables/flow_hash_rounds.h"

namespace holdfast {
namespace {

struct HardwareAes {
  __m128i state;

  static HardwareAes Load(const AesBytes& bytes) {
    return {_mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes.data()))};
  }
  void Xor(const HardwareAes& other) { state = _mm_xor_si128(state, other.state); }
  void Round(const HardwareAes& round_key) { state = _mm_aesenc_si128(state, round_key.state); }
  [[nodiscard]] AesBytes bytes() const {
    AesBytes result;
    _mm_storeu_si128(reinterpret_cast<__m128i*>(result.data()), state);
    return result;
  }
};

}  // namespace

void HashFlowsWithAes(const HashKey& key, std::span<const FlowKey> flows,
                      std::span<FlowHash> hashes) {
  FlowHasher<HardwareAes>(key).HashAll(flows, hashes);
}

}  // namespace holdfast
