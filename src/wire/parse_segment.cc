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
  if (length < sizeof(UdpHeader) || length > segment.length)
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

}  // namespace holdfast
