// Compiled with -msse4.2, and called only where the processor has it.
#include <immintrin.h>

#include "tables/burst_probe.h"

namespace holdfast {
namespace {

struct Sse42Line {
  [[gnu::no_sanitize_thread]] static unsigned Matches(const Bucket& bucket,
                                                      std::uint64_t fingerprint) {
    const auto* pairs = reinterpret_cast<const __m128i*>(&bucket);
    const __m128i wanted = _mm_set1_epi64x(static_cast<long long>(fingerprint));
    const bool fifth = bucket.fingerprints[4].load(std::memory_order_relaxed) == fingerprint;
    return Mask(_mm_cmpeq_epi64(_mm_load_si128(pairs), wanted)) |
           Mask(_mm_cmpeq_epi64(_mm_load_si128(pairs + 1), wanted)) << 2 |
           static_cast<unsigned>(fifth) << 4;
  }

 private:
  static unsigned Mask(__m128i equal) {
    return static_cast<unsigned>(_mm_movemask_pd(_mm_castsi128_pd(equal)));
  }
};

}  // namespace

const BurstLookup kSse42BurstLookup{"sse4.2", &BurstProbe<Sse42Line>::FindAtHome,
                                    &BurstProbe<Sse42Line>::FindAway};

}  // namespace holdfast
