// Compiled with -mavx2, and called only where the processor has it.
#include <immintrin.h>

#include <cstddef>

#include "tables/connection_value.h"
#include "tables/eviction_cost.h"

namespace holdfast {
namespace {

// The second half of a bucket: half a fingerprint, twice; the values; the notes.
constexpr std::size_t kHalf = sizeof(Bucket) / 2;
constexpr std::size_t kLanesBefore = 2;
static_assert(offsetof(Bucket, values) == kHalf + kLanesBefore * 4);
static_assert(offsetof(Bucket, notes) == sizeof(Bucket) - 4 && Bucket::kSlots == 5);

// More than anything costs: in lanes that are no value.
constexpr std::uint32_t kNone = EvictionCost::kLives << 1;

alignas(32) constexpr std::uint32_t kTurns[Bucket::kSlots][8] = {
    {kNone, kNone, 0, 1, 2, 3, 4, kNone}, {kNone, kNone, 4, 0, 1, 2, 3, kNone},
    {kNone, kNone, 3, 4, 0, 1, 2, kNone}, {kNone, kNone, 2, 3, 4, 0, 1, kNone},
    {kNone, kNone, 1, 2, 3, 4, 0, kNone},
};

__m256i Load(const void* from) { return _mm256_load_si256(static_cast<const __m256i*>(from)); }
__m256i InAllLanes(std::uint32_t number) { return _mm256_set1_epi32(static_cast<int>(number)); }

// As AgeOf() (connection_value.h).
__m256i Ages(__m256i values, std::uint32_t now) {
  const __m256i mask = InAllLanes(CoarseTick::kMask);
  const __m256i ticks = _mm256_srli_epi32(values, kTickShift);
  const __m256i seconds = _mm256_and_si256(_mm256_sub_epi32(InAllLanes(now), ticks), mask);
  const __m256i ahead =
      _mm256_cmpgt_epi32(seconds, InAllLanes(CoarseTick::kMask - CoarseTick::kMostAhead));
  return _mm256_andnot_si256(ahead, seconds);
}

__m256i CostsOf(const EvictionCosts& costs, __m256i values) {
  // Of an index only the lowest three bits count.
  const __m256i phases = _mm256_srli_epi32(values, kPhaseShift);
  static_assert(kPhaseBits == 3);
  const __m256i ages = Ages(values, costs.now);
  const __m256i idle =
      _mm256_cmpgt_epi32(ages, _mm256_permutevar8x32_epi32(Load(costs.timeout), phases));
  const __m256i fresh = _mm256_permutevar8x32_epi32(Load(costs.fresh), phases);
  const __m256i cost = _mm256_sub_epi32(fresh, _mm256_slli_epi32(ages, EvictionCost::kAgeShift));
  return _mm256_andnot_si256(_mm256_and_si256(idle, InAllLanes(EvictionCost::kLives)), cost);
}

__m256i CostsOfBeingAway(std::uint32_t away) {
  const __m256i slots = _mm256_setr_epi32(0, 0, 1, 2, 4, 8, 16, 0);
  const __m256i here = _mm256_cmpeq_epi32(_mm256_and_si256(InAllLanes(away), slots), slots);
  return _mm256_and_si256(here, InAllLanes(EvictionCost::kAway));
}

std::uint32_t LeastOf(__m256i lanes) {
  __m128i least = _mm_min_epu32(_mm256_castsi256_si128(lanes), _mm256_extracti128_si256(lanes, 1));
  least = _mm_min_epu32(least, _mm_shuffle_epi32(least, _MM_SHUFFLE(1, 0, 3, 2)));
  least = _mm_min_epu32(least, _mm_shuffle_epi32(least, _MM_SHUFFLE(2, 3, 0, 1)));
  return static_cast<std::uint32_t>(_mm_cvtsi128_si32(least));
}

}  // namespace

std::uint32_t LeastCostWithAvx2(const EvictionCosts& costs, const Bucket& bucket, unsigned first) {
  const __m256i values = Load(reinterpret_cast<const std::byte*>(&bucket) + kHalf);
  const __m256i cost = _mm256_or_si256(CostsOf(costs, values), CostsOfBeingAway(bucket.Away()));
  return LeastOf(_mm256_or_si256(cost, Load(kTurns[first])));
}

}  // namespace holdfast
