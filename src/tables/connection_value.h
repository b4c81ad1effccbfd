// The 32 bits that a ConnectionTable keeps of a connection where it looks it up:
//   target handle (14 bits) | phase (3) | tick of the last packet (15)
//
// `Number` is std::uint32_t or a vector of them: no branch, so that what is asked of
// one value can be asked of many at once.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/ids.h"
#include "tables/connection_phase.h"
#include "tables/connection_timeouts.h"

namespace holdfast {

inline constexpr int kPhaseBits = 3;
inline constexpr int kPhaseShift = TargetHandle::kBits;
inline constexpr int kTickShift = kPhaseShift + kPhaseBits;
static_assert(kTickShift + CoarseTick::kBits == 32);

inline std::uint32_t ConnectionValue(TargetHandle target, ConnectionPhase phase, CoarseTick tick) {
  return target.raw() | static_cast<std::uint32_t>(phase) << kPhaseShift | tick.raw() << kTickShift;
}
template <typename Number>
Number PhaseNumberOf(Number value) {
  return value >> kPhaseShift & ((1U << kPhaseBits) - 1);
}
template <typename Number>
Number AgeOf(Number value, CoarseTick now) {
  return CoarseTick::SecondsBetween<Number>(value >> kTickShift, now.raw());
}
// 1 if it has not idled out, else 0.
template <typename Number>
Number IsAlive(Number value, const ConnectionTimeouts& timeouts, CoarseTick now) {
  return (AgeOf(value, now) - timeouts.OfNumber(PhaseNumberOf(value)) - 1) >> 31;
}
// 1 if the next plain packet changes nothing in it: it is in a phase that lasts, and its last
// packet was noted less than `slack` seconds ago, or in this one. Else 0.
template <typename Number>
Number IsSettled(Number value, CoarseTick now, std::uint32_t slack) {
  static_assert(NumberOf(ConnectionPhase::kAdopted) == 5 &&
                NumberOf(ConnectionPhase::kEstablished) == 6 &&
                NumberOf(ConnectionPhase::kDatagrams) == 7);
  const Number lasts = (PhaseNumberOf(value) + 3) >> 3;
  const Number recent = (AgeOf(value, now) - slack - (slack == 0 ? 1 : 0)) >> 31;
  return lasts & recent;
}

}  // namespace holdfast
