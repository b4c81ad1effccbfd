// Compiled with -mvaes and -mavx512f, and called only where the processor has both.
#include <immintrin.h>

#include "tables/flow_hash_rounds.h"

namespace holdfast {
namespace {

// Four flows side by side.
constexpr std::size_t kFlows = 4;

class FourFlows {
 public:
  explicit FourFlows(const HashKey& key)
      : secret_(Four(std::bit_cast<AesBytes>(key.words))), tweak_(Four(kFlowHashTweak)) {}

  void Hash(const Ipv4Tuple* flows, FlowHash* hashes) const {
    Finish(Absorb(secret_, flows), hashes);
  }
  // From the `first` one on.
  void Hash(const Ipv6Flows& flows, std::size_t first, FlowHash* hashes) const {
    const __m512i state =
        Absorb(Absorb(secret_, flows.clients.data() + first), flows.vips.data() + first);
    Finish(Absorb(state, flows.in_place.data() + first), hashes);
  }

 private:
  [[nodiscard]] __m512i Rounds(__m512i state) const {
    return _mm512_aesenc_epi128(_mm512_aesenc_epi128(state, secret_), tweak_);
  }
  [[nodiscard]] __m512i Absorb(__m512i state, const void* blocks) const {
    return Rounds(_mm512_xor_si512(state, _mm512_loadu_si512(blocks)));
  }
  void Finish(__m512i state, FlowHash* hashes) const {
    _mm512_storeu_si512(hashes, WithoutZero(Rounds(state)));
  }
  static __m512i Four(const AesBytes& bytes) {
    const __m128i one = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes.data()));
    return _mm512_maskz_broadcast_i32x4(0xffff, one);
  }
  // 0 means an empty slot; the fingerprints are the upper words.
  static __m512i WithoutZero(__m512i state) {
    constexpr __mmask8 kFingerprints = 0xaa;
    const __mmask8 zero =
        _mm512_mask_cmpeq_epi64_mask(kFingerprints, state, _mm512_setzero_si512());
    return _mm512_mask_add_epi64(state, zero, state, _mm512_set1_epi64(1));
  }

  __m512i secret_;
  __m512i tweak_;
};

}  // namespace

void HashIpv4FlowsWithVaes(const HashKey& key, std::span<const Ipv4Tuple> flows,
                           std::span<FlowHash> hashes) {
  static_assert(sizeof(Ipv4Tuple) == 16 && sizeof(FlowHash) == 16);
  const FourFlows four(key);
  std::size_t i = 0;
  for (; i + kFlows <= flows.size(); i += kFlows) four.Hash(&flows[i], &hashes[i]);
  if (i < flows.size()) HashIpv4FlowsWithAes(key, flows.subspan(i), hashes.subspan(i));
}

void HashIpv6FlowsWithVaes(const HashKey& key, const Ipv6Flows& flows, std::span<FlowHash> hashes) {
  static_assert(sizeof(IpAddress) == 16);
  const FourFlows four(key);
  std::size_t i = 0;
  for (; i + kFlows <= hashes.size(); i += kFlows) four.Hash(flows, i, &hashes[i]);
  if (i < hashes.size())
    HashIpv6FlowsWithAes(key, flows.Subspan(i, hashes.size() - i), hashes.subspan(i));
}

}  // namespace holdfast
