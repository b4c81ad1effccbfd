// EvictionOrder: which of a full bucket's entries makes room for a new one (row P8):
// the one whose going costs least.
//
// First what has idled out, then by rank; within a rank the longest idle one; of
// those, one that is at home, whose going changes no other line; of those, any: who
// floods a table must not know which one is next.
//
// All are judged at once, without a branch: what they are is as random as the traffic,
// and a flood asks for each of its packets.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/clock.h"
#include "tables/bucket_array.h"
#include "tables/bucket_lanes.h"
#include "tables/connection_timeouts.h"
#include "tables/connection_value.h"

namespace holdfast {

class EvictionOrder {
 public:
  // An entry, and what its going costs.
  struct Victim {
    std::uint32_t cost;
    unsigned position;  // in its bucket

    [[nodiscard]] bool expired() const { return cost >> kLivesShift == 0; }
    [[nodiscard]] EvictionRank rank() const {
      return static_cast<EvictionRank>(cost >> kRankShift & ((1U << kRankBits) - 1));
    }
    // No entry anywhere would be given up before it, other than for its age.
    [[nodiscard]] bool IsOfTheFirst() const {
      return expired() || rank() == EvictionRank::kUnfinished;
    }
  };

  // `random` decides among equals; 32 bits.
  EvictionOrder(const ConnectionTimeouts& timeouts, CoarseTick now, std::uint32_t random)
      : timeouts_(timeouts),
        now_(now),
        turn_(static_cast<unsigned>(std::uint64_t{random} * kSlots >> 32)) {}

  // REQUIRES: the bucket is full.
  [[nodiscard]] Victim Least(const Bucket& bucket) const {
    const BucketLanes values = BucketLanes::ValuesOf(bucket);
    const BucketLanes away = BucketLanes::BitsOf(bucket.Away());
    const Lanes first = CostOf(values.first, away.first) | Turns(0);
    const Lanes last = CostOf(values.last, away.last) | Turns(1);
    const std::uint32_t least = LeastOf(first < last ? first : last);
    const unsigned place = (least & kTurnMask) + turn_;
    return {.cost = least & ~kTurnMask, .position = place < kSlots ? place : place - kSlots};
  }

  // True when an entry of the bucket is unfinished: one IsOfTheFirst(). Whether one has
  // idled out is not asked.
  [[nodiscard]] static bool HasUnfinished(const Bucket& bucket) {
    const BucketLanes values = BucketLanes::ValuesOf(bucket);
    const auto unfinished = [](Lanes lanes) { return RankNumberOf(PhaseNumberOf(lanes)) == 0; };
    const auto some =
        unfinished(values.first) | (unfinished(values.last) & Lanes{~0U, ~0U, ~0U, 0});
    return (some[0] | some[1] | some[2] | some[3]) != 0;
  }

 private:
  static constexpr std::uint32_t kSlots = Bucket::kSlots;
  static constexpr int kTurnBits = 3;
  static constexpr std::uint32_t kTurnMask = (1U << kTurnBits) - 1;
  static constexpr std::uint32_t kAway = 1U << kTurnBits;
  static constexpr int kAgeShift = kTurnBits + 1;
  static constexpr int kRankShift = kAgeShift + CoarseTick::kBits;
  static constexpr int kRankBits = 2;
  static constexpr int kLivesShift = kRankShift + kRankBits;
  static constexpr std::uint32_t kNoEntry = 2U << kLivesShift;  // more than any costs

  // How many turns each position is after the one whose turn it is.
  [[nodiscard]] Lanes Turns(std::size_t vector) const {
    static constexpr std::uint32_t kTurns[kSlots][2][4] = {
        {{0, 1, 2, 3}, {2, 3, 4, kNoEntry}}, {{4, 0, 1, 2}, {1, 2, 3, kNoEntry}},
        {{3, 4, 0, 1}, {0, 1, 2, kNoEntry}}, {{2, 3, 4, 0}, {4, 0, 1, kNoEntry}},
        {{1, 2, 3, 4}, {3, 4, 0, kNoEntry}},
    };
    Lanes turns;
    std::memcpy(&turns, kTurns[turn_][vector], sizeof turns);
    return turns;
  }
  // `away` is not 0 in those lanes whose entries are away.
  [[nodiscard]] Lanes CostOf(Lanes values, Lanes away) const {
    const Lanes rank = RankNumberOf(PhaseNumberOf(values));
    const Lanes age = AgeOf(values, now_);
    return IsAlive(values, timeouts_, now_) << kLivesShift | rank << kRankShift |
           (CoarseTick::kMask - age) << kAgeShift | (away != 0 ? Lanes{} + kAway : Lanes{});
  }
  static std::uint32_t LeastOf(Lanes lanes) {
    const Lanes swapped = __builtin_shuffle(lanes, Lanes{2, 3, 0, 1});
    const Lanes halves = lanes < swapped ? lanes : swapped;
    return std::min<std::uint32_t>(halves[0], halves[1]);
  }

  ConnectionTimeouts timeouts_;
  CoarseTick now_;
  unsigned turn_;
};

}  // namespace holdfast
