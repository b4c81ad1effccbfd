// Clock: where rules and timers take the time from, so that tests can set it.
#pragma once

#include <cstdint>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace holdfast {

// Time since an unspecified start; never goes back, never jumps with the wall
// clock. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual absl::Duration Now() const = 0;
};

// CLOCK_MONOTONIC.
class SteadyClock final : public Clock {
 public:
  [[nodiscard]] absl::Duration Now() const override;
};

// CoarseTick: whole seconds as tables store them, modulo 2^15 (about nine
// hours). Ages are exact while they are below that by a minute, which the limit on
// idle timeouts (8 h) and the sweep see to.
class CoarseTick {
 public:
  static constexpr int kBits = 15;
  static constexpr std::uint32_t kMask = (1U << kBits) - 1;
  // How far a tick that another thread took may be ahead, in seconds.
  static constexpr std::uint32_t kMostAhead = 60;

  constexpr CoarseTick() = default;
  static constexpr CoarseTick FromSeconds(std::uint64_t seconds) {
    CoarseTick tick;
    tick.value_ = static_cast<std::uint16_t>(seconds & kMask);
    return tick;
  }
  // Of a counter that goes up by one so often a second.
  static constexpr CoarseTick FromCycles(std::uint64_t cycles, std::uint64_t per_second) {
    return FromSeconds(cycles / per_second);
  }
  [[nodiscard]] constexpr std::uint32_t raw() const { return value_; }
  // Seconds from `earlier` to this; 0 when it is ahead.
  [[nodiscard]] constexpr std::uint32_t SecondsSince(CoarseTick earlier) const {
    return SecondsBetween(earlier.value_, value_);
  }
  // The same of raw() ticks. `Number` is std::uint32_t or a vector of them: no branch,
  // so that tables can ask it of many at once.
  template <typename Number>
  static constexpr Number SecondsBetween(Number earlier, std::uint32_t later) {
    const Number seconds = (later - earlier) & kMask;
    const Number ahead = (seconds + kMostAhead) >> kBits;  // 1 or 0
    return seconds & (ahead - 1);
  }
  friend constexpr bool operator==(CoarseTick, CoarseTick) = default;

 private:
  std::uint16_t value_ = 0;
};

}  // namespace holdfast
