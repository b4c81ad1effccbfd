// EvictionOrder: which of a full bucket's entries makes room for a new one (row P8):
// the one whose going costs least.
//
// First what has idled out, then by rank; within a rank the longest idle one; of
// those, one that is at home, whose going changes no other line; of those, any: who
// floods a table must not know which one is next.
//
// All are judged without a branch: what they are is as random as the traffic, and a
// flood asks for each of its packets.
#pragma once

#include <xmmintrin.h>

#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"
#include "tables/bucket_array.h"
#include "tables/bucket_lanes.h"
#include "tables/connection_timeouts.h"
#include "tables/connection_value.h"
#include "tables/eviction_cost.h"

namespace holdfast {

class EvictionOrder {
 public:
  // An entry, and what its going costs.
  struct Victim {
    std::uint32_t cost;
    unsigned position;  // in its bucket

    [[nodiscard]] bool expired() const { return cost < EvictionCost::kLives; }
    [[nodiscard]] EvictionRank rank() const { return EvictionCost::RankOf(cost); }
    // No entry anywhere would be given up before it, other than for its age.
    [[nodiscard]] bool IsOfTheFirst() const {
      return expired() || rank() == EvictionRank::kUnfinished;
    }
  };

  // The order of one tick.
  EvictionOrder(const ConnectionTimeouts& timeouts, CoarseTick now,
                LeastCost least = BestLeastCost())
      : least_(least), now_(now), costs_(timeouts, now) {}

  [[nodiscard]] CoarseTick now() const { return now_; }

  // `random` decides among equals; 32 bits. REQUIRES: the bucket is full.
  [[nodiscard]] Victim Least(const Bucket& bucket, std::uint32_t random) const {
    constexpr std::uint32_t kSlots = Bucket::kSlots;
    const auto first = static_cast<unsigned>(std::uint64_t{random} * kSlots >> 32);
    const std::uint32_t least = least_(costs_, bucket, first);
    const unsigned place = (least & EvictionCost::kTurnMask) + first;
    return {.cost = least & ~EvictionCost::kTurnMask,
            .position = place < kSlots ? place : place - kSlots};
  }

  // True when an entry of the bucket is unfinished. Whether one has idled out is not asked.
  [[nodiscard]] static bool HasUnfinished(const Bucket& bucket) {
    const BucketLanes values = BucketLanes::ValuesOf(bucket);
    const Lanes later =
        (values.first | values.first << 1) & (values.last | values.last << 1 | Lanes{0, 0, 0, ~0U});
    // Two bits say the rank: here the higher one, if any is set. Into that of the sign.
    static_assert(RankNumberOf((1U << kPhaseBits) - 1) == 3);
    return _mm_movemask_ps(std::bit_cast<__m128>(later << (32 - kTickShift))) != 0xf;
  }

 private:
  LeastCost least_;
  CoarseTick now_;
  EvictionCosts costs_;
};

}  // namespace holdfast
