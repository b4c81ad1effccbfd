// EvictionCost: the number that an EvictionOrder orders by, once for each instruction
// set. All give the same results; the best that the processor has is chosen when the
// process starts.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "tables/bucket_array.h"
#include "tables/connection_timeouts.h"

namespace holdfast {

// From the highest bits on: lives | rank | how short it is idle | away | turn.
struct EvictionCost {
  static constexpr int kTurnBits = 3;
  static constexpr std::uint32_t kTurnMask = (1U << kTurnBits) - 1;
  static constexpr std::uint32_t kAway = 1U << kTurnBits;
  static constexpr int kAgeShift = kTurnBits + 1;
  static constexpr int kRankShift = kAgeShift + CoarseTick::kBits;
  static constexpr int kRankBits = 2;
  static constexpr std::uint32_t kLives = 1U << (kRankShift + kRankBits);

  static constexpr EvictionRank RankOf(std::uint32_t cost) {
    return static_cast<EvictionRank>(cost >> kRankShift & ((1U << kRankBits) - 1));
  }
};

// What there is to know in one tick, by phase.
struct EvictionCosts {
  static constexpr std::size_t kPhases = 8;
  EvictionCosts(const ConnectionTimeouts& timeouts, CoarseTick tick);

  alignas(32) std::uint32_t timeout[kPhases];
  alignas(32) std::uint32_t fresh[kPhases];  // the cost of one whose last packet came in this tick
  std::uint32_t now;
};

// The least cost in a full bucket. Among equals it is the turn of the slot `first`, then
// of the next one, and so on around: which turn it is, the cost says.
using LeastCost = std::uint32_t (*)(const EvictionCosts& costs, const Bucket& bucket,
                                    unsigned first);

// The best that the processor has.
LeastCost BestLeastCost();
// Runs anywhere.
std::uint32_t LeastCostPortable(const EvictionCosts& costs, const Bucket& bucket, unsigned first);
// eviction_cost_avx2.cc. REQUIRES: the processor has AVX2.
std::uint32_t LeastCostWithAvx2(const EvictionCosts& costs, const Bucket& bucket, unsigned first);

}  // namespace holdfast
