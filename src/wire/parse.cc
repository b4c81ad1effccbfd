#include "wire/parse.h"

#include "wire/arp.h"
#include "wire/checksum.h"
#include "wire/headers.h"

namespace holdfast {
namespace {

// The part of a frame that belongs to the protocol in IPv4: no padding.
struct Segment {
  const std::uint8_t* data;
  std::size_t length;
};

void Drop(ParsedPacket& packet, DropReason reason) {
  packet.kind = PacketKind::kDrop;
  packet.drop = reason;
}

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

void ParseSegment(std::uint8_t protocol, Segment segment, ParsedPacket& packet) {
  switch (protocol) {
    case static_cast<std::uint8_t>(Protocol::kTcp):
      return ParseTcp(segment, packet);
    case static_cast<std::uint8_t>(Protocol::kUdp):
      return ParseUdp(segment, packet);
    case kProtocolIcmp:
      if (segment.length < sizeof(IcmpHeader)) return Drop(packet, DropReason::kIcmp);
      packet.kind = PacketKind::kIcmp;
      return;
    default:
      return Drop(packet, DropReason::kProtocol);
  }
}

void ParseIpv4(FrameView frame, bool checksum_known_good, ParsedPacket& packet) {
  const std::uint8_t* const data = frame.data + sizeof(EthernetHeader);
  const std::size_t available = frame.length - sizeof(EthernetHeader);
  if (available < sizeof(Ipv4Header)) return Drop(packet, DropReason::kTruncated);

  const auto ip = Load<Ipv4Header>(data);
  const std::size_t header_length = ip.header_length();
  const std::size_t total_length = ip.total_length.value();
  if (ip.version() != 4 || header_length < sizeof(Ipv4Header) || total_length < header_length)
    return Drop(packet, DropReason::kIpHeader);
  if (total_length > available) return Drop(packet, DropReason::kTruncated);
  if (!checksum_known_good && ChecksumOf(data, header_length) != BigEndian16())
    return Drop(packet, DropReason::kIpChecksum);
  if (IsMartianSource(ip.source.value(), ip.destination.value()))
    return Drop(packet, DropReason::kMartianSource);
  if ((ip.flags_and_offset.value() & (kIpv4MoreFragments | kIpv4FragmentOffset)) != 0)
    return Drop(packet, DropReason::kFragment);

  packet.ttl = ip.ttl;
  packet.l3_offset = sizeof(EthernetHeader);
  packet.l4_offset = static_cast<std::uint16_t>(sizeof(EthernetHeader) + header_length);
  packet.l3_length = static_cast<std::uint16_t>(total_length);
  packet.key.client = IpAddress::FromV4(ip.source.value());
  packet.key.vip = IpAddress::FromV4(ip.destination.value());
  ParseSegment(ip.protocol, {data + header_length, total_length - header_length}, packet);
}

}  // namespace

ParsedPacket ParseFrame(FrameView frame, const MacAddress& own_mac, bool checksum_known_good) {
  ParsedPacket packet;
  if (frame.length < sizeof(EthernetHeader)) return packet;  // kTruncated

  const auto ethernet = Load<EthernetHeader>(frame.data);
  const std::uint16_t ether_type = ethernet.ether_type.value();
  const bool for_us = ethernet.destination == own_mac ||
                      (ether_type == kEtherTypeArp && ethernet.destination == kBroadcastMac);
  if (ethernet.source == own_mac) {
    Drop(packet, DropReason::kLooped);
  } else if (!for_us) {
    Drop(packet, DropReason::kNotOurMac);
  } else if (ether_type == kEtherTypeIpv4) {
    ParseIpv4(frame, checksum_known_good, packet);
  } else if (ether_type != kEtherTypeArp) {
    Drop(packet, DropReason::kEtherType);
  } else if (!ParseArp(frame)) {
    Drop(packet, DropReason::kArp);
  } else {
    packet.kind = PacketKind::kArp;
    packet.l3_offset = sizeof(EthernetHeader);
  }
  return packet;
}

}  // namespace holdfast
