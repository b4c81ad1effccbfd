// ReplyLimiter: how many resets and unreachables a worker may send (row P6).
//
// Thread: the worker.
#pragma once

#include <cstdint>

#include "datapath/token_bucket.h"

namespace holdfast {

class ReplyLimiter : public TokenBucket {
 public:
  static constexpr std::uint64_t kPerSecond = 10'000;
  static constexpr std::uint64_t kBurst = 1'000;

  explicit ReplyLimiter(std::uint64_t cycles_per_second)
      : TokenBucket(cycles_per_second, kPerSecond, kBurst) {}
};

}  // namespace holdfast
