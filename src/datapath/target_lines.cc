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

TunnelPath TunnelTo(const TargetView& target, const WorkerPort& port, const MacAddress& mac,
                    std::uint16_t path_mtu) {
  return {.mtu = static_cast<std::uint16_t>(port.mtu),
          .path_mtu = std::min(static_cast<std::uint16_t>(port.mtu), path_mtu),
          .forwarding = target.forwarding,
          .header = TunnelHeader(EndsOf(target, port, mac))};
}

// With what the quick ways need; else all packets to it take the other one.
TargetPath PathTo(const TargetView& target, const WorkerPort& port, const MacAddress& mac,
                  std::uint16_t path_mtu) {
  TargetPath path{.port = target.port};
  if (target.forwarding || port.vlan != 0) return path;
  path.longest_l2 = static_cast<std::uint16_t>(port.mtu + sizeof(EthernetHeader));
  if (target.address.IsV4())
    path.longest_ipip = static_cast<std::uint16_t>(std::min<std::uint32_t>(port.mtu, path_mtu) +
                                                   sizeof(EthernetHeader));
  const TunnelHeader::Ends ends = EndsOf(target, port, mac);
  path.header = target.address.IsV4() ? OuterHeader(mac, port.mac, ends.from, ends.to)
                                      : OuterHeader(mac, port.mac);
  return path;
}

}  // namespace

TargetLine* TargetLines::Make(TargetHandle handle) {
  const TargetView* const target = snapshot_->Find(handle);
  if (target == nullptr) return nullptr;
  const WorkerPort& port = ports_[target->port];
  const auto mac = ways_.neighbours.Find(handle.slot());
  const std::uint16_t path_mtu = ways_.path_mtus.Find(handle.slot());
  TargetPath path{.port = target->port};
  TunnelPath tunnel;
  if (mac) {
    path = PathTo(*target, port, *mac, path_mtu);
    tunnel = TunnelTo(*target, port, *mac, path_mtu);
  }
  path.made_for = stamp_ | handle.raw();
  TargetLine& line = lines_[handle.slot()];
  PathOf(line) = path;
  tunnels_[handle.slot()] = tunnel;
  return &line;
}

}  // namespace holdfast
