// InStep: threads that do each round together.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

namespace holdfast {

class InStep {
 public:
  explicit InStep(std::uint32_t threads) : threads_(threads) {}
  // They wait for each other in front of each round, which are counted from 0.
  void Arrive(std::uint32_t round) {
    arrived_.fetch_add(1, std::memory_order_acq_rel);
    for (std::uint32_t spins = 0;
         arrived_.load(std::memory_order_acquire) < std::uint64_t{threads_} * (round + 1); ++spins)
      if (spins > 1000) std::this_thread::yield();
  }

 private:
  const std::uint64_t threads_;
  std::atomic<std::uint64_t> arrived_{0};
};

}  // namespace holdfast
