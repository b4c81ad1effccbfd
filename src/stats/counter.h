// Counter: written by one thread, read by any.
//
// Add() is a plain load, add and store (no locked instruction), which is sound
// only because there is a single writer. Readers may be a moment behind; they
// never see a torn value.
#pragma once

#include <atomic>
#include <cstdint>

namespace holdfast {

class Counter {
 public:
  void Add(std::uint64_t n) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void Set(std::uint64_t n) { value_.store(n, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t Read() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

}  // namespace holdfast
