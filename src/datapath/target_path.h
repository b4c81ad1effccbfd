// TargetPath: how a worker reaches a target; the rest of a TargetLine. And TunnelPath, beside
// it, for what a line has no room for.
#pragma once

#include <algorithm>
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
  // Of frames that go the quick way, with l2 and with ipip. 0: none does, TunnelPath says how.
  std::uint16_t longest_l2 = 0;
  std::uint16_t longest_ipip = 0;
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
  std::uint16_t mtu = 0;       // of the port. 0: the target's MAC is not known
  std::uint16_t path_mtu = 0;  // the longest IP packet that may go to the target's address
  std::optional<ForwardingMode> forwarding = std::nullopt;  // of the target, whatever its service
  TunnelHeader header = {};

  [[nodiscard]] bool resolved() const { return mtu != 0; }
  // The longest packet that a client may send. IPv6 has a right to 1280 bytes (RFC 8200, 5),
  // whatever a router says.
  [[nodiscard]] std::uint32_t LongestInner(ForwardingMode mode, bool is_ipv4) const {
    constexpr std::uint32_t kLeastIpv6 = 1280;
    if (mode == ForwardingMode::kL2) return mtu;
    const auto overhead = static_cast<std::uint32_t>(header.OverheadOf(mode));
    const std::uint32_t longest = path_mtu - overhead;
    return is_ipv4 ? longest : std::max(longest, std::min(mtu - overhead, kLeastIpv6));
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
