// TargetPath: how a worker reaches a target; the rest of a TargetLine. And TunnelPath, beside
// it, for what a line has no room for.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>
#include <optional>
#include <type_traits>

#include "base/ids.h"
#include "stats/worker_counters.h"
#include "wire/outer_header.h"
#include "wire/tunnel_header.h"

namespace holdfast {

struct TargetPath {
  // What TargetLines made it for: a state of targets and neighbours, and, in the low
  // bits, the target's handle. 0: never.
  std::uint64_t made_for = 0;
  // Of frames that go the quick way, with l2 and in IPv4, with ipip and gue. 0: none does,
  // TunnelPath says how.
  std::uint16_t longest_l2 = 0;
  std::uint16_t longest_in_ipv4 = 0;
  PortIndex port{};
  std::uint8_t reserved = 0;
  OuterHeader header = {};

  [[nodiscard]] TargetHandle handle() const {
    return TargetHandle::FromRaw(static_cast<std::uint32_t>(made_for));
  }
};
static_assert(sizeof(TargetPath) == sizeof(TargetLine::path));
static_assert(std::is_trivially_copyable_v<TargetPath>);

// Made with the line's TargetPath.
struct alignas(64) TunnelPath {
  bool resolved = false;  // false: the target's MAC is not known, and no packet fits
  std::optional<ForwardingMode> forwarding = std::nullopt;  // of the target, whatever its service
  // The longest packets that clients may send, by family and ForwardingMode.
  std::array<std::uint16_t, kForwardingNames.size()> longest_ipv4 = {};
  std::array<std::uint16_t, kForwardingNames.size()> longest_ipv6 = {};
  TunnelHeader header = {};

  [[nodiscard]] std::uint32_t LongestInner(ForwardingMode mode, bool is_ipv4) const {
    return (is_ipv4 ? longest_ipv4 : longest_ipv6)[static_cast<std::size_t>(mode)];
  }
};
static_assert(sizeof(TunnelPath) <= 128);

// The path bytes of a line are zero, a path never made, or what was put here.
inline TargetPath& PathOf(TargetLine& line) {
  return *std::launder(reinterpret_cast<TargetPath*>(line.path.data()));
}
inline const TargetPath& PathOf(const TargetLine& line) {
  return *std::launder(reinterpret_cast<const TargetPath*>(line.path.data()));
}

}  // namespace holdfast
