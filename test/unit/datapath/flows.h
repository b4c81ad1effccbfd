// Packets of the pipeline's tests: all for the VIP 192.0.2.1, from a client that is
// 198.51.100.7 unless a test says otherwise.
#pragma once

#include <string_view>

#include "base/flow_key.h"
#include "support/packet_builder.h"
#include "support/test_appliance.h"

namespace holdfast {

inline constexpr std::string_view kClient = "198.51.100.7";

inline PacketBuilder FromPort(std::uint16_t port) {
  return TcpPacket().From(kClient, port).To("192.0.2.1", 80);
}
inline Frame Syn(std::uint16_t port) { return FromPort(port).Syn().Build(); }
inline Frame Ack(std::uint16_t port) { return FromPort(port).Ack().Build(); }
inline Frame Request(std::uint16_t port) { return FromPort(port).Ack().Payload("GET /").Build(); }
inline Frame Fin(std::uint16_t port) { return FromPort(port).Ack().Fin().Build(); }
inline Frame Rst(std::uint16_t port) { return FromPort(port).Rst().Build(); }
inline Frame Query(std::uint16_t port) {
  return UdpPacket().From(kClient, port).To("192.0.2.1", 53).Payload("?").Build();
}

inline FlowKey WebFlow(std::uint16_t port) {
  return {.client = AddressNamed(kClient),
          .vip = AddressNamed("192.0.2.1"),
          .client_port = port,
          .vip_port = 80,
          .protocol = Protocol::kTcp};
}
inline FlowKey DnsFlow(std::uint16_t port) {
  FlowKey flow = WebFlow(port);
  flow.vip_port = 53;
  flow.protocol = Protocol::kUdp;
  return flow;
}

// All connections of the client to a service.
inline AffinityCell ClientAt(ServiceSlot service) {
  return {.service = service, .client = AddressNamed(kClient)};
}

// A port of the client with which the ring does not choose this target.
inline std::uint16_t PortNotOf(const TestAppliance& appliance, std::size_t target,
                               std::uint16_t from = 40000) {
  while (appliance.OnRing(WebFlow(from)) == appliance.parts.targets[target].name) ++from;
  return from;
}

}  // namespace holdfast
