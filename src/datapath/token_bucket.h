// TokenBucket: so many a second, and a burst of so many; on the time-stamp counter.
//
// Thread: the worker.
#pragma once

#include <algorithm>
#include <cstdint>

namespace holdfast {

class TokenBucket {
 public:
  TokenBucket(std::uint64_t cycles_per_second, std::uint64_t per_second, std::uint64_t burst)
      : cycles_per_token_(std::max<std::uint64_t>(cycles_per_second / per_second, 1)),
        burst_(burst),
        tokens_(burst) {}

  // Takes one, if there is one. `cycles` never goes back.
  bool Allows(std::uint64_t cycles) {
    const std::uint64_t earned = (cycles - counted_until_) / cycles_per_token_;
    counted_until_ += earned * cycles_per_token_;
    tokens_ = std::min(tokens_ + earned, burst_);
    if (tokens_ == 0) return false;
    --tokens_;
    return true;
  }

 private:
  std::uint64_t cycles_per_token_;
  std::uint64_t burst_;
  std::uint64_t counted_until_ = 0;
  std::uint64_t tokens_;
};

}  // namespace holdfast
