#include "guard/instruction_counter.h"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <utility>

namespace holdfast::guard {

std::optional<InstructionCounter> InstructionCounter::Open() {
  perf_event_attr wanted{};
  wanted.type = PERF_TYPE_HARDWARE;
  wanted.size = sizeof wanted;
  wanted.config = PERF_COUNT_HW_INSTRUCTIONS;
  wanted.exclude_kernel = 1;
  wanted.exclude_hv = 1;
  const long file = syscall(SYS_perf_event_open, &wanted, 0, -1, -1, 0);
  if (file < 0) return std::nullopt;
  return InstructionCounter(static_cast<int>(file));
}

InstructionCounter::~InstructionCounter() {
  if (file_ >= 0) close(file_);
}

InstructionCounter::InstructionCounter(InstructionCounter&& other) noexcept
    : file_(std::exchange(other.file_, -1)) {}

std::uint64_t InstructionCounter::Read() const {
  std::uint64_t count = 0;
  if (read(file_, &count, sizeof count) != sizeof count) return 0;
  return count;
}

}  // namespace holdfast::guard
