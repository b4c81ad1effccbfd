#include "wire/parse_segment.h"

#include "wire/headers.h"

namespace holdfast {
namespace {

void ParseTcp(Segment segment, ParsedPacket& packet) {
  if (segment.length < sizeof(TcpHeader)) return Drop(packet, DropReason::kTcpHeader);
  const auto tcp = Load<TcpHeader>(segment.data);
  if (tcp.header_length() < sizeof(TcpHeader) || tcp.header_length() > segment.length)
    return Drop(packet, DropReason::kTcpHeader);
  const bool opens_and_ends = (tcp.flags & kTcpSyn) != 0 && (tcp.flags & (kTcpFin | kTcpRst)) != 0;
  if (opens_and_ends || (tcp.flags & kTcpFlagsOfRfc793) == 0)
    return Drop(packet, DropReason::kTcpFlags);
  packet.kind = PacketKind::kFlow;
  packet.key.protocol = Protocol::kTcp;
  packet.key.client_port = tcp.source_port.value();
  packet.key.vip_port = tcp.destination_port.value();
  packet.segment = SegmentFlags::Of(tcp.flags, segment.length > tcp.header_length());
}

void ParseUdp(Segment segment, ParsedPacket& packet) {
  if (segment.length < sizeof(UdpHeader)) return Drop(packet, DropReason::kUdpHeader);
  const auto udp = Load<UdpHeader>(segment.data);
  const std::size_t length = udp.length.value();
  if (length < sizeof(UdpHeader) || (length > segment.length && !packet.is_fragment))
    return Drop(packet, DropReason::kUdpHeader);
  packet.kind = PacketKind::kFlow;
  packet.key.protocol = Protocol::kUdp;
  packet.key.client_port = udp.source_port.value();
  packet.key.vip_port = udp.destination_port.value();
  packet.segment = SegmentFlags::Of(0, length > sizeof(UdpHeader));
}

}  // namespace

void ParseSegment(std::uint8_t protocol, Segment segment, IcmpOfFamily icmp, ParsedPacket& packet) {
  if (protocol == static_cast<std::uint8_t>(Protocol::kTcp)) return ParseTcp(segment, packet);
  if (protocol == static_cast<std::uint8_t>(Protocol::kUdp)) return ParseUdp(segment, packet);
  if (protocol != icmp.protocol) return Drop(packet, DropReason::kProtocol);
  if (segment.length < sizeof(IcmpHeader)) return Drop(packet, DropReason::kIcmp);
  packet.kind = icmp.kind;
}

void ParseFragment(const FragmentPlace& place, std::uint8_t protocol, Segment segment,
                   ParsedPacket& packet) {
  constexpr std::size_t kLongestDatagram = 65535;
  const bool is_tcp = protocol == static_cast<std::uint8_t>(Protocol::kTcp);
  if (!is_tcp && protocol != static_cast<std::uint8_t>(Protocol::kUdp))
    return Drop(packet, DropReason::kFragment);
  if (place.offset + segment.length > kLongestDatagram || segment.length == 0)
    return Drop(packet, DropReason::kFragment);
  packet.is_fragment = true;
  packet.fragment_id = place.id;
  if (place.offset == 0) return ParseSegment(protocol, segment, {}, packet);
  if (is_tcp && place.offset < sizeof(TcpHeader)) return Drop(packet, DropReason::kFragment);
  packet.kind = PacketKind::kLaterFragment;
  packet.key.protocol = Protocol(protocol);
  packet.segment = SegmentFlags{.passive = true};
}

}  // namespace holdfast
