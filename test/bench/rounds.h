// Rounds: several contenders measured in turn, again and again, so that all meet
// the same mood of the machine; then the median of each.
//
// Time is the CPU time of the thread: what other processes take is not counted,
// what they do to caches and memory is.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace holdfast::bench {

struct Contender {
  // Does its work once; returns how many operations that were.
  std::function<std::uint64_t()> run;
  // Before each run, not measured; may be empty.
  std::function<void()> prepare = {};
};

struct Measurement {
  double per_second = 0;  // median of the rounds
  double spread = 0;      // (highest - lowest) / median
};

// One for each contender. The first round only warms up and does not count.
std::vector<Measurement> Measure(const std::vector<Contender>& contenders, int rounds);

}  // namespace holdfast::bench
