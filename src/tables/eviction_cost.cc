#include "tables/eviction_cost.h"

#include <algorithm>

#include "tables/connection_value.h"

namespace holdfast {
namespace {

constexpr std::uint32_t kSlots = Bucket::kSlots;

std::uint32_t CostOf(const EvictionCosts& costs, std::uint32_t value) {
  const std::uint32_t phase = PhaseNumberOf(value);
  const std::uint32_t age = AgeOf(value, CoarseTick::FromSeconds(costs.now));
  const std::uint32_t cost = costs.fresh[phase] - (age << EvictionCost::kAgeShift);
  return age > costs.timeout[phase] ? cost & ~EvictionCost::kLives : cost;
}

const LeastCost kBest = __builtin_cpu_supports("avx2") ? &LeastCostWithAvx2 : &LeastCostPortable;

}  // namespace

EvictionCosts::EvictionCosts(const ConnectionTimeouts& timeouts, CoarseTick tick)
    : now(tick.raw()) {
  for (std::uint32_t phase = 0; phase < kPhases; ++phase) {
    timeout[phase] = timeouts.OfNumber(phase);
    fresh[phase] = EvictionCost::kLives | RankNumberOf(phase) << EvictionCost::kRankShift |
                   CoarseTick::kMask << EvictionCost::kAgeShift;
  }
}

LeastCost BestLeastCost() { return kBest; }

std::uint32_t LeastCostPortable(const EvictionCosts& costs, const Bucket& bucket, unsigned first) {
  std::uint32_t least = ~0U;
  for (std::uint32_t i = 0; i < kSlots; ++i) {
    const std::uint32_t value = bucket.values[i].load(std::memory_order_relaxed);
    const std::uint32_t away = bucket.Away() >> i & 1 ? EvictionCost::kAway : 0;
    const std::uint32_t turn = (i + kSlots - first) % kSlots;
    least = std::min(least, CostOf(costs, value) | away | turn);
  }
  return least;
}

}  // namespace holdfast
