#include "guard/packet_mix.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "support/packet_builder.h"

namespace holdfast::guard {
namespace {

constexpr std::size_t kFlows = 4096;
constexpr char kVip[] = "192.0.2.1";

// Of a flow; no two flows have the same one.
std::string ClientOf(std::size_t flow) {
  return IpAddress::FromV4(0xcb007100 + static_cast<std::uint32_t>(flow)).ToString();
}

PacketBuilder Tcp(std::size_t flow) { return TcpPacket().From(ClientOf(flow), 40000).To(kVip, 80); }
Frame Syn(std::size_t flow) { return Tcp(flow).Syn().Build(); }
Frame Ack(std::size_t flow) { return Tcp(flow).Ack().Build(); }
Frame Query(std::size_t flow) {
  return UdpPacket().From(ClientOf(flow), 5000).To(kVip, 53).Payload("?").Build();
}

template <typename Make>
std::vector<Frame> Frames(std::size_t first, Make&& make) {
  std::vector<Frame> frames;
  for (std::size_t i = 0; i < kPacketsPerTurn; ++i) frames.push_back(make(first + i));
  return frames;
}

// All flows, again and again; neighbours in time are none in the table.
template <typename Make>
auto AllFlows(Make make) {
  return [make](std::size_t turn) {
    return Frames(turn * kPacketsPerTurn,
                  [make](std::size_t n) { return make(n * 1237 % kFlows); });
  };
}

template <typename Make>
void OpenAll(TestAppliance& appliance, Make make) {
  for (std::size_t first = 0; first < kFlows; first += kPacketsPerTurn)
    Turn(appliance, Frames(first, make));
}

void OpenTcp(TestAppliance& appliance) {
  OpenAll(appliance, Syn);
  OpenAll(appliance, Ack);
  OpenAll(appliance, Ack);
}

PacketMix Established(const std::string& name, ForwardingMode forwarding) {
  return {.name = name,
          .appliance = {.connections = 2 * kFlows},
          .prepare =
              [forwarding](TestAppliance& appliance) {
                for (ServiceView& service : appliance.parts.services)
                  service.forwarding = forwarding;
                appliance.Publish();
                OpenTcp(appliance);
              },
          .frames = AllFlows(Ack)};
}

constexpr char kVipV6[] = "2001:db8:1::1";

PacketBuilder TcpV6(std::size_t flow) {
  IpAddress::Bytes client = AddressNamed("2001:db8::").bytes();
  client[14] = static_cast<std::uint8_t>(flow >> 8);
  client[15] = static_cast<std::uint8_t>(flow);
  return TcpPacket().From(IpAddress::FromV6(client).ToString(), 40000).To(kVipV6, 80);
}
Frame SynV6(std::size_t flow) { return TcpV6(flow).Syn().Build(); }
Frame AckV6(std::size_t flow) { return TcpV6(flow).Ack().Build(); }

PacketMix EstablishedIpv6() {
  return {.name = "established, IPv6 in IPv4",
          .appliance = {.connections = 2 * kFlows},
          .prepare =
              [](TestAppliance& appliance) {
                appliance.parts.services[0].vip = AddressNamed(kVipV6);
                appliance.parts.services[0].forwarding = ForwardingMode::kIpip;
                appliance.Publish();
                OpenAll(appliance, SynV6);
                OpenAll(appliance, AckV6);
                OpenAll(appliance, AckV6);
              },
          .frames = AllFlows(AckV6)};
}

// The service has every port of a prefix: the most that it takes to find one.
PacketMix EstablishedAtPrefix() {
  return {.name = "established, every port",
          .appliance = {.connections = 2 * kFlows},
          .prepare =
              [](TestAppliance& appliance) {
                ServiceView& web = appliance.parts.services[Index(kWeb)];
                web.vip = Vip(IpPrefix::Parse("192.0.2.0/28").value());
                web.ports = {PortRange::Every()};
                appliance.Publish();
                OpenTcp(appliance);
              },
          .frames = AllFlows(Ack)};
}

constexpr PortRange kNatPorts{20000, 20000 + kFlows - 1};

// All to one target, so that it is known which port each flow has: one after the other.
void OpenByNat(TestAppliance& appliance) {
  appliance.parts.targets.resize(1);
  appliance.weights.resize(1);
  appliance.parts.services[Index(kWeb)].forwarding = ForwardingMode::kNat;
  appliance.Publish();
  OpenTcp(appliance);
}
TestAppliance::Options ByNat() {
  return {.connections = 2 * kFlows, .nat_ports = kNatPorts, .nat_sessions = kFlows};
}

PacketMix EstablishedByNat() {
  return {.name = "established, nat",
          .appliance = ByNat(),
          .prepare = OpenByNat,
          .frames = AllFlows(Ack)};
}

Frame ReplyByNat(std::size_t flow) {
  return TcpPacket()
      .Macs(TargetMac(0), kBalancerMac)
      .From("10.0.0.11", 80)
      .To("10.0.0.1", static_cast<std::uint16_t>(kNatPorts.first + flow))
      .Ack()
      .Build();
}
PacketMix RepliesByNat() {
  return {.name = "replies by nat",
          .appliance = ByNat(),
          .prepare = OpenByNat,
          .frames = AllFlows(ReplyByNat)};
}

PacketMix Udp() {
  return {.name = "established, UDP",
          .appliance = {.connections = 2 * kFlows},
          .prepare = [](TestAppliance& appliance) { OpenAll(appliance, Query); },
          .frames = AllFlows(Query)};
}

std::vector<Frame> NewConnections(std::size_t turn) { return Frames(turn * kPacketsPerTurn, Syn); }

PacketMix New() {
  return {.name = "new connections",
          .appliance = {.connections = 1 << 16},
          .prepare = {},
          .frames = NewConnections};
}

PacketMix NewInFullTable() {
  return {.name = "new connections, table full",
          .appliance = {.connections = 1024},
          .prepare =
              [](TestAppliance& appliance) {
                for (std::size_t n = 0; n < 8; ++n)
                  Turn(appliance, NewConnections((1 << 16) / kPacketsPerTurn + n));
              },
          .frames = NewConnections};
}

Frame Dropped(std::size_t n) {
  constexpr MacAddress kOtherMac{{0x02, 0, 0, 0, 0, 0xee}};
  const std::array<Frame, 4> kinds = {
      Tcp(n).Macs(kClientMac, kOtherMac).Ack().Build(), Tcp(n).To(kVip, 81).Ack().Build(),
      Tcp(n).IpChecksum(0xdead).Ack().Build(), Tcp(n).EtherType(0x88cc).Build()};
  return kinds[n % kinds.size()];
}

PacketMix Drops() {
  return {.name = "drops",
          .appliance = {},
          .prepare =
              [](TestAppliance& appliance) {
                appliance.parts.no_service = NoServicePolicy::kDrop;
                appliance.Publish();
              },
          .frames = [](std::size_t turn) { return Frames(turn * kPacketsPerTurn, Dropped); }};
}

PacketMix Arp() {
  return {.name = "ARP requests", .appliance = {}, .prepare = {}, .frames = [](std::size_t) {
            return Frames(0, [](std::size_t) {
              return ArpRequest().From("10.0.0.2").To("10.0.0.1").Build();
            });
          }};
}

}  // namespace

bool Deliver(TestAppliance& appliance, const std::vector<Frame>& frames) {
  return std::ranges::all_of(frames,
                             [&](const Frame& frame) { return appliance.port.Deliver(0, frame); });
}

void TakeAll(TestAppliance& appliance) {
  while (!appliance.port.Take(0).empty()) continue;
}

void Turn(TestAppliance& appliance, const std::vector<Frame>& frames) {
  Deliver(appliance, frames);
  appliance.rcu.Online(WorkerId{0});
  appliance.worker(0).RunTurn();
  appliance.rcu.Offline(WorkerId{0});
  TakeAll(appliance);
}

std::vector<PacketMix> PacketMixes() {
  return {Established("established, l2", ForwardingMode::kL2),
          Established("established, ipip", ForwardingMode::kIpip),
          Established("established, gue", ForwardingMode::kGue),
          EstablishedIpv6(),
          EstablishedAtPrefix(),
          EstablishedByNat(),
          RepliesByNat(),
          Udp(),
          New(),
          NewInFullTable(),
          Drops(),
          Arp()};
}

}  // namespace holdfast::guard
