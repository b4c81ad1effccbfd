// Compiled with -mavx2, and called only where the processor has it.
#include <immintrin.h>

#include "tables/burst_probe.h"

namespace holdfast {
namespace {

struct Avx2Line {
  [[gnu::no_sanitize_thread]] static unsigned Matches(const Bucket& bucket,
                                                      std::uint64_t fingerprint) {
    const __m256i first_four = _mm256_load_si256(reinterpret_cast<const __m256i*>(&bucket));
    const __m256i wanted = _mm256_set1_epi64x(static_cast<long long>(fingerprint));
    const __m256i equal = _mm256_cmpeq_epi64(first_four, wanted);
    const bool fifth = bucket.fingerprints[4].load(std::memory_order_relaxed) == fingerprint;
    return static_cast<unsigned>(_mm256_movemask_pd(_mm256_castsi256_pd(equal))) |
           static_cast<unsigned>(fifth) << 4;
  }
};

}  // namespace

const BurstLookup kAvx2BurstLookup{"avx2", &BurstProbe<Avx2Line>::FindAtHome,
                                   &BurstProbe<Avx2Line>::FindAway};

}  // namespace holdfast
