// What the tests of nat have in common: an appliance whose services go by nat, and what is in a
// frame that it sent.
#pragma once

#include <catch2/catch.hpp>
#include <string>

#include "datapath/flows.h"
#include "wire/checksum.h"
#include "wire/parse.h"

namespace holdfast {

inline constexpr PortRange kNatPorts{20000, 20127};

struct NatAppliance : TestAppliance {
  explicit NatAppliance(Options options = {}) : TestAppliance(WithNat(options)) {
    for (ServiceView& service : parts.services) service.forwarding = ForwardingMode::kNat;
    parts.services[0].target_port = 8080;
    Publish();
  }
  static Options WithNat(Options options) {
    options.nat_ports = kNatPorts;
    return options;
  }
};

inline MacAddress DestinationMac(const Frame& frame) {
  return Load<EthernetHeader>(frame.data()).destination;
}
inline ParsedPacket Parsed(const Frame& frame) {
  return ParseFrame({frame.data(), static_cast<std::uint32_t>(frame.size())},
                    DestinationMac(frame));
}
// "tcp 10.0.0.1:20000 > 10.0.0.11:8080"; "malformed" when it cannot be parsed.
inline std::string EndsIn(const Frame& frame) {
  const ParsedPacket packet = Parsed(frame);
  return packet.kind == PacketKind::kFlow ? packet.key.ToString() : "malformed";
}
inline std::uint16_t SourcePort(const Frame& frame) { return Parsed(frame).key.client_port; }

// Whether a receiver takes it: both checksums are right.
inline bool HasGoodChecksums(const Frame& frame) {
  const ParsedPacket packet = Parsed(frame);  // IP's is checked there
  if (packet.kind != PacketKind::kFlow) return false;
  const std::size_t end = packet.l3_offset + packet.l3_length;
  InternetChecksum sum;
  sum.AddPseudoHeader(packet.key.client, packet.key.vip,
                      static_cast<std::uint8_t>(packet.key.protocol), end - packet.l4_offset);
  sum.Add(frame.data() + packet.l4_offset, end - packet.l4_offset);
  return sum.Result() == BigEndian16();
}

// What the target that got `frame` says to it; its MAC is the target's.
inline PacketBuilder Answer(PacketBuilder packet, const Frame& frame) {
  const FlowKey flow = Parsed(frame).key;
  return packet.Macs(DestinationMac(frame), kBalancerMac)
      .From(flow.vip.ToString(), flow.vip_port)
      .To(flow.client.ToString(), flow.client_port);
}

}  // namespace holdfast
