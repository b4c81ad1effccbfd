// TurnTimes: how long the turns of a worker take, by their own doing.
//
// A packet that arrives during a turn waits for its end, so no turn may be longer
// than kLimit. Of one that is, the time is taken off in which the kernel had the
// thread off its CPU: for another process, or for another machine on the same CPU
// (steal time). What is left is the turn's own. If that is within the limit, the turn
// was interrupted, and is counted apart with all of its time. What the kernel does not
// know of, as of a hypervisor that does not tell, looks like the worker's own time.
//
// Thread: the worker. It asks the kernel after a turn that was too long, and when
// told to Restart(), and never else. So a turn may be excused once by what happened
// since the last time that it asked.
#pragma once

#include <cstdint>

#include "stats/worker_counters.h"

namespace holdfast {

// How long the calling thread was off the CPU since some fixed moment, in nanoseconds.
using OffCpuClock = std::uint64_t (*)();
std::uint64_t OffCpuNanoseconds();

class TurnTimes {
 public:
  static constexpr std::uint64_t kLimit = 20'000;  // nanoseconds

  TurnTimes(std::uint64_t cycles_per_second, WorkerCounters& counters,
            OffCpuClock off_cpu = OffCpuNanoseconds)
      : nanoseconds_per_cycle_(1e9 / static_cast<double>(cycles_per_second)),
        counters_(counters),
        off_cpu_clock_(off_cpu) {}

  // What the thread was off the CPU until now excuses no turn: it starts, or slept.
  void Restart() { off_cpu_ = off_cpu_clock_(); }

  // After each turn, which took so many TSC cycles.
  void AfterTurn(std::uint64_t cycles) {
    const auto took =
        static_cast<std::uint64_t>(static_cast<double>(cycles) * nanoseconds_per_cycle_);
    if (took > kLimit) [[unlikely]]
      return AddLong(took);
    counters_.turn_times.Add(took);
  }

 private:
  void AddLong(std::uint64_t took);

  const double nanoseconds_per_cycle_;
  WorkerCounters& counters_;
  const OffCpuClock off_cpu_clock_;
  std::uint64_t off_cpu_ = 0;  // when the kernel was asked last
};

}  // namespace holdfast
