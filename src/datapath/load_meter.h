// LoadMeter: how much of a worker's time goes into turns that received something.
//
// Thread: the worker. The time between turns, sleep and being off the CPU, counts
// as idle.
#pragma once

#include <cstdint>

#include "stats/worker_counters.h"

namespace holdfast {

class LoadMeter {
 public:
  LoadMeter(std::uint64_t cycles_per_second, WorkerCounters& counters)
      : cycles_per_second_(cycles_per_second), counters_(counters) {}

  // After each turn, which began and ended at these TSC readings.
  void AfterTurn(std::uint64_t began, std::uint64_t ended, bool busy) {
    if (second_began_ == 0) second_began_ = last_ended_ = began;
    counters_.turns.Add(1);
    counters_.loop_cycles.Add(ended - last_ended_);
    last_ended_ = ended;
    if (busy) {
      counters_.busy_turns.Add(1);
      counters_.busy_cycles.Add(ended - began);
      busy_in_second_ += ended - began;
    }
    if (ended - second_began_ >= cycles_per_second_) CloseSecond(ended);
  }

 private:
  void CloseSecond(std::uint64_t now) {
    counters_.busy_permille.Set(busy_in_second_ * 1000 / (now - second_began_));
    busy_in_second_ = 0;
    second_began_ = now;
  }

  const std::uint64_t cycles_per_second_;
  WorkerCounters& counters_;
  std::uint64_t second_began_ = 0;
  std::uint64_t last_ended_ = 0;
  std::uint64_t busy_in_second_ = 0;
};

}  // namespace holdfast
