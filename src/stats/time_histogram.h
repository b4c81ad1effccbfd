// TimeHistogram: how many times were at most so long.
//
// Written by one thread, read by any, as Counter.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "stats/counter.h"
#include "stats/samples.h"

namespace holdfast {

class TimeHistogram {
 public:
  // Nanoseconds. A time is counted under the first limit that it does not exceed;
  // the last bucket, one more than there are limits, has none.
  static constexpr std::array<std::uint64_t, 14> kLimits = {
      500,    1'000,  2'000,   5'000,   10'000,  15'000,    20'000,
      30'000, 50'000, 100'000, 200'000, 500'000, 1'000'000, 10'000'000};

  void Add(std::uint64_t nanoseconds) {
    buckets_[BucketOf(nanoseconds)].Add(1);
    sum_.Add(nanoseconds);
  }

  // In seconds, for a family of kind kHistogram.
  [[nodiscard]] Sample SampleUnder(const Labels& labels) const;

 private:
  // From below: most times that are counted often are short.
  static std::size_t BucketOf(std::uint64_t nanoseconds) {
    std::size_t bucket = 0;
    while (bucket < kLimits.size() && nanoseconds > kLimits[bucket]) ++bucket;
    return bucket;
  }

  std::array<Counter, kLimits.size() + 1> buckets_;
  Counter sum_;
};

}  // namespace holdfast
