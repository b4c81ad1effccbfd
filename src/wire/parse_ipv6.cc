#include <optional>

#include "base/own_address.h"
#include "wire/headers.h"
#include "wire/parse_segment.h"

namespace holdfast {
namespace {

// Nobody needs more (RFC 8504, 5.3: a host may set such a limit).
constexpr int kMostExtensions = 8;

bool IsExtension(std::uint8_t header) {
  return header == kIpv6HopByHop || header == kIpv6Routing || header == kIpv6DestinationOptions;
}

// The next header, skipped; false when it is broken or its routing has not come to an end.
bool SkipExtension(UpperLayer& upper) {
  if (upper.segment.length < 8) return false;
  const auto extension = Load<Ipv6ExtensionHeader>(upper.segment.data);
  const std::size_t length = (std::size_t{extension.length} + 1) * 8;
  if (length > upper.segment.length) return false;
  if (upper.protocol == kIpv6Routing && extension.segments_left != 0) return false;
  upper = {extension.next_header, {upper.segment.data + length, upper.segment.length - length}};
  return true;
}

// Behind a fragment header. One that is the whole datagram is no fragment (RFC 6946).
void ParseFragmentHeader(UpperLayer upper, ParsedPacket& packet) {
  if (upper.segment.length < sizeof(Ipv6FragmentHeader))
    return Drop(packet, DropReason::kIpv6Extension);
  const auto header = Load<Ipv6FragmentHeader>(upper.segment.data);
  const Segment segment{upper.segment.data + sizeof header, upper.segment.length - sizeof header};
  packet.l4_offset = static_cast<std::uint16_t>(packet.l4_offset + sizeof header);
  const std::uint16_t place = header.offset_and_more.value();
  if ((place & (kIpv6FragmentOffset | kIpv6MoreFragments)) == 0)
    return ParseSegment(header.next_header, segment, {kProtocolIcmpV6, PacketKind::kIcmpV6},
                        packet);
  ParseFragment({.id = header.identification.value(),
                 .offset = std::size_t{place} & kIpv6FragmentOffset,
                 .more = (place & kIpv6MoreFragments) != 0},
                header.next_header, segment, packet);
}

}  // namespace

std::optional<UpperLayer> SkipIpv6Extensions(UpperLayer upper) {
  for (int i = 0; IsExtension(upper.protocol); ++i) {
    // RFC 8200, 4.1: a hop-by-hop header comes first or not at all.
    const bool misplaced = upper.protocol == kIpv6HopByHop && i != 0;
    if (i == kMostExtensions || misplaced || !SkipExtension(upper)) return std::nullopt;
  }
  return upper;
}

void ParseIpv6(FrameView frame, ParsedPacket& packet) {
  const std::uint8_t* const data = frame.data + sizeof(EthernetHeader);
  const std::size_t available = frame.length - sizeof(EthernetHeader);
  if (available < sizeof(Ipv6Header)) return Drop(packet, DropReason::kTruncated);

  const auto ip = Load<Ipv6Header>(data);
  const std::size_t payload_length = ip.payload_length.value();
  if (ip.version() != 6) return Drop(packet, DropReason::kIpHeader);
  if (sizeof(Ipv6Header) + payload_length > available) return Drop(packet, DropReason::kTruncated);
  packet.key.client = IpAddress::FromV6(ip.source);
  packet.key.vip = IpAddress::FromV6(ip.destination);
  // Only who asks whether an address is free has none (RFC 4862, 5.4.2).
  const bool is_nobody = packet.key.client.IsUnspecified() && ip.next_header == kProtocolIcmpV6;
  if (packet.key.vip.IsV4() || (IsMartianSource(packet.key.client, packet.key.vip) && !is_nobody))
    return Drop(packet, DropReason::kMartianSource);

  packet.ttl = ip.hop_limit;
  packet.l3_offset = sizeof(EthernetHeader);
  // At most a frame's.
  packet.l3_length = static_cast<std::uint16_t>(sizeof(Ipv6Header) + payload_length);
  const auto upper =
      SkipIpv6Extensions({ip.next_header, {data + sizeof(Ipv6Header), payload_length}});
  if (!upper) return Drop(packet, DropReason::kIpv6Extension);
  packet.l4_offset = static_cast<std::uint16_t>(upper->segment.data - frame.data);
  if (upper->protocol == kIpv6Fragment) return ParseFragmentHeader(*upper, packet);
  ParseSegment(upper->protocol, upper->segment, {kProtocolIcmpV6, PacketKind::kIcmpV6}, packet);
}

}  // namespace holdfast
