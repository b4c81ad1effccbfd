#include "datapath/target_lines.h"

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

TunnelPath TunnelTo(const TargetView& target, const WorkerPort& port, const MacAddress& mac) {
  return {.longest_packet = static_cast<std::uint16_t>(port.mtu),
          .forwarding = target.forwarding,
          .header = TunnelHeader(EndsOf(target, port, mac))};
}

// With what the quick ways need; else all packets to it take the other one.
TargetPath PathTo(const TargetView& target, const WorkerPort& port, const MacAddress& mac) {
  TargetPath path{.port = target.port};
  if (target.forwarding || port.vlan != 0) return path;
  const auto longest = static_cast<std::uint16_t>(port.mtu + sizeof(EthernetHeader));
  path.longest_l2 = longest;
  if (target.address.IsV4()) path.longest_ipip = longest;
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
  const auto mac = neighbours_.Find(handle.slot());
  TargetPath path{.port = target->port};
  TunnelPath tunnel;
  if (mac) {
    path = PathTo(*target, port, *mac);
    tunnel = TunnelTo(*target, port, *mac);
  }
  path.made_for = stamp_ | handle.raw();
  TargetLine& line = lines_[handle.slot()];
  PathOf(line) = path;
  tunnels_[handle.slot()] = tunnel;
  return &line;
}

}  // namespace holdfast
