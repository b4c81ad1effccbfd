#include <optional>

#include "base/own_address.h"
#include "wire/headers.h"
#include "wire/parse_segment.h"

namespace holdfast {
namespace {

// Nobody needs more (RFC 8504, 5.3: a host may set such a limit).
constexpr int kMostExtensions = 8;

// Where the segment begins, and what it is.
struct Upper {
  std::uint8_t protocol;
  Segment segment;
};

bool IsExtension(std::uint8_t header) {
  return header == kIpv6HopByHop || header == kIpv6Routing || header == kIpv6DestinationOptions;
}

// The next header, skipped; false when it is broken or its routing has not come to an end.
bool SkipExtension(Upper& upper) {
  if (upper.segment.length < 8) return false;
  const auto extension = Load<Ipv6ExtensionHeader>(upper.segment.data);
  const std::size_t length = (std::size_t{extension.length} + 1) * 8;
  if (length > upper.segment.length) return false;
  if (upper.protocol == kIpv6Routing && extension.segments_left != 0) return false;
  upper = {extension.next_header, {upper.segment.data + length, upper.segment.length - length}};
  return true;
}

// What comes after the extension headers; nothing when `packet` was dropped. RFC 8200, 4.1: a
// hop-by-hop header comes first or not at all.
std::optional<Upper> SkipExtensions(Upper upper, ParsedPacket& packet) {
  for (int i = 0; IsExtension(upper.protocol); ++i) {
    const bool misplaced = upper.protocol == kIpv6HopByHop && i != 0;
    if (i == kMostExtensions || misplaced || !SkipExtension(upper)) {
      Drop(packet, DropReason::kIpv6Extension);
      return std::nullopt;
    }
  }
  if (upper.protocol != kIpv6Fragment) return upper;
  Drop(packet, DropReason::kFragment);
  return std::nullopt;
}

}  // namespace

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
      SkipExtensions({ip.next_header, {data + sizeof(Ipv6Header), payload_length}}, packet);
  if (!upper) return;
  packet.l4_offset = static_cast<std::uint16_t>(upper->segment.data - frame.data);
  ParseSegment(upper->protocol, upper->segment, {kProtocolIcmpV6, PacketKind::kIcmpV6}, packet);
}

}  // namespace holdfast
