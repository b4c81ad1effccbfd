// What follows an IP header, of either family: for parse.cc and parse_ipv6.cc.
#pragma once

#include <cstddef>
#include <cstdint>

#include "wire/parse.h"

namespace holdfast {

// The part of a frame that belongs to the protocol in IP: no padding.
struct Segment {
  const std::uint8_t* data;
  std::size_t length;
};

inline void Drop(ParsedPacket& packet, DropReason reason) {
  packet.kind = PacketKind::kDrop;
  packet.drop = reason;
}

// `icmp`: the number and the kind of the ICMP that belongs to the family.
struct IcmpOfFamily {
  std::uint8_t protocol;
  PacketKind kind;
};
void ParseSegment(std::uint8_t protocol, Segment segment, IcmpOfFamily icmp, ParsedPacket& packet);

// An IPv6 packet behind an Ethernet header, to parse.h's rules.
void ParseIpv6(FrameView frame, ParsedPacket& packet);

}  // namespace holdfast
