// InstructionCounter: how many instructions this thread carries out in user space,
// counted by the processor (perf_event_open).
//
// Many virtual machines and containers have no such counter.
#pragma once

#include <cstdint>
#include <optional>

namespace holdfast::guard {

class InstructionCounter {
 public:
  // Nothing where the processor's counter cannot be had.
  static std::optional<InstructionCounter> Open();
  ~InstructionCounter();
  InstructionCounter(InstructionCounter&& other) noexcept;
  InstructionCounter& operator=(InstructionCounter&&) = delete;

  // Since Open(); each call adds the few of its own.
  [[nodiscard]] std::uint64_t Read() const;

 private:
  explicit InstructionCounter(int file) : file_(file) {}

  int file_;
};

}  // namespace holdfast::guard
