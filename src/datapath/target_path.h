// TargetPath: how a worker reaches a target; the rest of a TargetLine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>

#include "base/ids.h"
#include "stats/worker_counters.h"
#include "wire/outer_header.h"

namespace holdfast {

struct TargetPath {
  // What TargetLines made it for: a state of targets and neighbours, and, in the low
  // bits, the target's handle. 0: never.
  std::uint64_t made_for = 0;
  std::uint16_t longest_frame = 0;  // 0: its MAC is not known, the header is void
  PortIndex port{};
  std::uint8_t reserved = 0;
  OuterHeader header = {};

  [[nodiscard]] bool resolved() const { return longest_frame != 0; }

  [[nodiscard]] TargetHandle handle() const {
    return TargetHandle::FromRaw(static_cast<std::uint32_t>(made_for));
  }
};
static_assert(sizeof(TargetPath) == sizeof(TargetLine::path));
static_assert(std::is_trivially_copyable_v<TargetPath>);

// The path bytes of a line are zero, a path never made, or what was put here.
inline TargetPath& PathOf(TargetLine& line) {
  return *std::launder(reinterpret_cast<TargetPath*>(line.path.data()));
}

}  // namespace holdfast
