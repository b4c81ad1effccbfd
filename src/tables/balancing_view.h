// BalancingView: what workers need of how one service is balanced, beside its ring; part
// of a Snapshot.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "balancing/least_connections.h"
#include "balancing/turn_schedule.h"
#include "base/balancing_method.h"
#include "base/ids.h"

namespace holdfast {

// What becomes of the affinities of a target that drains.
enum class OnDrain : std::uint8_t {
  kHonor,   // they work until they end
  kBreak,   // they end, and their clients are balanced
  kRefuse,  // they stand, but their clients are refused (P6)
};

struct BalancingView {
  BalancingMethod method = BalancingMethod::kMaglev;
  TurnSchedule turns;      // kRoundRobin
  LeastConnections least;  // kLeastConnections
  OnDrain on_drain = OnDrain::kHonor;
  // Its targets that health checks or an operator found to be down, in order.
  std::vector<TargetHandle> down;

  [[nodiscard]] bool IsDown(TargetHandle target) const {
    return !down.empty() && std::binary_search(down.begin(), down.end(), target);
  }
  // Whether the method places a connection request otherwise than the ring places its
  // five-tuple.
  [[nodiscard]] bool LeavesRing() const {
    return method == BalancingMethod::kRoundRobin || method == BalancingMethod::kLeastConnections ||
           method == BalancingMethod::kSourceHash;
  }
};

}  // namespace holdfast
