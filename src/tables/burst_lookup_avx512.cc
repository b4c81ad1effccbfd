// Compiled with -mavx512f, and called only where the processor has it.
#include <immintrin.h>

#include "tables/burst_probe.h"

namespace holdfast {
namespace {

struct Avx512Line {
  [[gnu::no_sanitize_thread]] static unsigned Matches(const Bucket& bucket,
                                                      std::uint64_t fingerprint) {
    const __m512i line = _mm512_load_si512(&bucket);
    const __m512i wanted = _mm512_set1_epi64(static_cast<long long>(fingerprint));
    return _mm512_mask_cmpeq_epi64_mask((1U << Bucket::kSlots) - 1, line, wanted);
  }
};

}  // namespace

const BurstLookup kAvx512BurstLookup{"avx512f", &BurstProbe<Avx512Line>::FindAtHome,
                                     &BurstProbe<Avx512Line>::FindAway};

}  // namespace holdfast
