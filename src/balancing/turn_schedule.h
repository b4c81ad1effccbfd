// TurnSchedule: whose turn it is, for round robin by weight.
//
// A round has each choice as often as its weight says, spread as evenly as whole turns
// allow: no choice is ahead of or behind its share by a whole turn, so the heavy ones
// come in no bursts. Made once; whoever takes turns keeps only a place in it.
//
// Depends on names and weights, and not on the order that a caller has them in.
// Pure and immutable; safe on any thread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "balancing/maglev_ring.h"

namespace holdfast {

class TurnSchedule {
 public:
  // Weights that no shorter round has exactly are rounded to so many turns; none to
  // zero. So shares are right to 1/65536.
  static constexpr std::uint32_t kMostTurns = 65536;

  TurnSchedule() = default;  // empty: it is nobody's turn
  // Weight 0: no turn. REQUIRES: at most kMostTurns choices; names are unique.
  explicit TurnSchedule(std::span<const MaglevRing::Choice> choices);

  [[nodiscard]] bool empty() const { return turns_.empty(); }
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(turns_.size()); }
  // The value of the choice whose turn it is.
  [[nodiscard]] std::uint16_t operator[](std::uint32_t turn) const { return turns_[turn]; }

 private:
  std::vector<std::uint16_t> turns_;
};

}  // namespace holdfast
