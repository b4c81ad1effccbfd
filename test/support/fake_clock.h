// FakeClock: a clock that a test sets. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.h"

namespace holdfast {

class FakeClock final : public Clock {
 public:
  [[nodiscard]] absl::Duration Now() const override {
    return absl::Nanoseconds(nanoseconds_.load());
  }
  void Advance(absl::Duration by) { nanoseconds_ += absl::ToInt64Nanoseconds(by); }

 private:
  std::atomic<std::int64_t> nanoseconds_{1'000'000'000'000};
};

}  // namespace holdfast
