#include "datapath/turn_times.h"

#include <algorithm>
#include <ctime>

namespace holdfast {
namespace {

std::uint64_t Read(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace

// The kernel counts both by the same clock, which nobody sets.
std::uint64_t OffCpuNanoseconds() {
  return Read(CLOCK_MONOTONIC_RAW) - Read(CLOCK_THREAD_CPUTIME_ID);
}

void TurnTimes::AddLong(std::uint64_t took) {
  const std::uint64_t before = off_cpu_;
  off_cpu_ = off_cpu_clock_();
  const std::uint64_t own = took - std::min(took, off_cpu_ - std::min(before, off_cpu_));
  if (own > kLimit)
    counters_.turn_times.Add(own);
  else
    counters_.interrupted_turn_times.Add(took);
}

}  // namespace holdfast
