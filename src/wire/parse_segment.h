// What follows an IP header, of either family: for parse.cc and parse_ipv6.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

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

// Where in its datagram a fragment lies, in bytes, and whether others follow.
struct FragmentPlace {
  std::uint32_t id = 0;
  std::size_t offset = 0;
  bool more = false;
};
// The same of a fragment.
void ParseFragment(const FragmentPlace& place, std::uint8_t protocol, Segment segment,
                   ParsedPacket& packet);

// What comes after an IPv6 header, and what it is.
struct UpperLayer {
  std::uint8_t protocol = 0;
  Segment segment;
};
// Behind the extension headers, up to a fragment header; nothing when they break a rule of
// parse.h.
std::optional<UpperLayer> SkipIpv6Extensions(UpperLayer upper);

// An IPv6 packet behind an Ethernet header, to parse.h's rules.
void ParseIpv6(FrameView frame, ParsedPacket& packet);

}  // namespace holdfast
