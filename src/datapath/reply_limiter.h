// ReplyLimiter: how many resets and unreachables a worker may send (row P6). A
// token bucket on the time-stamp counter.
//
// Thread: the worker.
#pragma once

#include <algorithm>
#include <cstdint>

namespace holdfast {

class ReplyLimiter {
 public:
  static constexpr std::uint64_t kPerSecond = 10'000;
  static constexpr std::uint64_t kBurst = 1'000;

  explicit ReplyLimiter(std::uint64_t cycles_per_second)
      : cycles_per_reply_(std::max<std::uint64_t>(cycles_per_second / kPerSecond, 1)) {}

  // Takes one, if there is one. `cycles` never goes back.
  bool Allows(std::uint64_t cycles) {
    const std::uint64_t earned = (cycles - counted_until_) / cycles_per_reply_;
    counted_until_ += earned * cycles_per_reply_;
    replies_ = std::min(replies_ + earned, kBurst);
    if (replies_ == 0) return false;
    --replies_;
    return true;
  }

 private:
  const std::uint64_t cycles_per_reply_;
  std::uint64_t counted_until_ = 0;
  std::uint64_t replies_ = kBurst;
};

}  // namespace holdfast
