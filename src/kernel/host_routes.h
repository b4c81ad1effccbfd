// HostRoutes: routes to VIPs, addresses or prefixes, in one of the kernel's tables, "unreachable
// 192.0.2.1 proto 200". Nobody's packets follow them, since no rule leads to that table: a
// routing daemon reads them there.
//
// Thread: the management core.
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/vip.h"
#include "kernel/netlink.h"

namespace holdfast {

class HostRoutes {
 public:
  // Whose the routes are (rtm_protocol): no daemon that is known uses it.
  static constexpr std::uint8_t kProtocol = 200;

  // Takes the table over: routes of this protocol that an earlier run left are removed,
  // others stay. The status names table, what failed and the kernel's reason.
  static absl::StatusOr<HostRoutes> Open(std::uint32_t table);

  // Again is no error.
  absl::Status Add(const Vip& vip);
  absl::Status Remove(const Vip& vip);

 private:
  HostRoutes(Netlink netlink, std::uint32_t table) : netlink_(std::move(netlink)), table_(table) {}
  absl::Status RemoveAll(std::uint8_t family);
  absl::Status Change(std::uint16_t type, std::uint16_t flags, const Vip& vip);

  Netlink netlink_;
  std::uint32_t table_;
};

}  // namespace holdfast
