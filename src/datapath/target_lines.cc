#include "datapath/target_lines.h"

#include <algorithm>

#include "base/own_address.h"

namespace holdfast {
namespace {

TunnelHeader::Ends EndsOf(const TargetView& target, const WorkerPort& port, const MacAddress& mac) {
  return {.destination_mac = mac,
          .source_mac = port.mac,
          .vlan = port.vlan,
          .from = OwnAddressFor(port.addresses, target.NextHop()),
          .to = target.address,
          .gue_port = target.gue_port};
}

// IPv6 has a right to 1280 bytes (RFC 8200, 5), whatever a router says.
std::uint16_t LongestInner(std::uint32_t mtu, std::uint32_t path_mtu, std::size_t overhead,
                           bool is_ipv4) {
  constexpr std::size_t kLeastIpv6 = 1280;
  const std::size_t longest = std::min(mtu, path_mtu) - overhead;
  return static_cast<std::uint16_t>(
      is_ipv4 ? longest : std::max(longest, std::min(mtu - overhead, kLeastIpv6)));
}

TunnelPath TunnelTo(const TargetView& target, const WorkerPort& port, const MacAddress& mac,
                    std::uint16_t path_mtu) {
  TunnelPath tunnel{.resolved = true,
                    .forwarding = target.forwarding,
                    .header = TunnelHeader(EndsOf(target, port, mac))};
  for (std::size_t i = 0; i < kForwardingNames.size(); ++i) {
    const auto mode = static_cast<ForwardingMode>(i);
    const std::uint32_t limit = IsWithoutTunnel(mode) ? port.mtu : path_mtu;
    const std::size_t overhead = tunnel.header.OverheadOf(mode);
    tunnel.longest_ipv4[i] = LongestInner(port.mtu, limit, overhead, true);
    tunnel.longest_ipv6[i] = LongestInner(port.mtu, limit, overhead, false);
  }
  return tunnel;
}

// With what the quick ways need; else all packets to it take the other one.
TargetPath PathTo(const TargetView& target, const WorkerPort& port, const MacAddress& mac,
                  std::uint16_t path_mtu) {
  TargetPath path{.port = target.port};
  if (target.forwarding || port.vlan != 0) return path;
  path.longest_l2 = static_cast<std::uint16_t>(port.mtu + sizeof(EthernetHeader));
  if (target.address.IsV4())
    path.longest_in_ipv4 = static_cast<std::uint16_t>(std::min<std::uint32_t>(port.mtu, path_mtu) +
                                                      sizeof(EthernetHeader));
  const TunnelHeader::Ends ends = EndsOf(target, port, mac);
  path.header = target.address.IsV4()
                    ? OuterHeader(mac, port.mac, ends.from, ends.to, ends.gue_port)
                    : OuterHeader(mac, port.mac);
  return path;
}

}  // namespace

TargetLine* TargetLines::Make(TargetHandle handle, std::uint64_t allowed) {
  const TargetView* const target = snapshot_->Find(handle);
  if (target == nullptr) return nullptr;
  const std::uint64_t care = target->down_somewhere ? kWithCare : 0;
  if (care > allowed) return nullptr;
  TargetLine& line = lines_[handle.slot()];
  if (PathOf(line).made_for == (stamp_ | care | handle.raw())) return &line;
  const WorkerPort& port = ports_[target->port];
  const auto mac = ways_.neighbours.Find(handle.slot());
  const std::uint16_t path_mtu = ways_.path_mtus.Find(handle.slot());
  TargetPath path{.port = target->port};
  TunnelPath tunnel;
  if (mac) {
    path = PathTo(*target, port, *mac, path_mtu);
    tunnel = TunnelTo(*target, port, *mac, path_mtu);
  }
  path.made_for = stamp_ | care | handle.raw();
  PathOf(line) = path;
  tunnels_[handle.slot()] = tunnel;
  return &line;
}

}  // namespace holdfast
