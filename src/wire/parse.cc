#include "wire/parse.h"

#include "base/own_address.h"
#include "wire/arp.h"
#include "wire/checksum.h"
#include "wire/headers.h"
#include "wire/parse_segment.h"

namespace holdfast {
namespace {

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
  packet.ttl = ip.ttl;
  packet.l3_offset = sizeof(EthernetHeader);
  packet.l4_offset = static_cast<std::uint16_t>(sizeof(EthernetHeader) + header_length);
  packet.l3_length = static_cast<std::uint16_t>(total_length);
  packet.key.client = IpAddress::FromV4(ip.source.value());
  packet.key.vip = IpAddress::FromV4(ip.destination.value());
  const Segment segment{data + header_length, total_length - header_length};
  const std::uint16_t fragment = ip.flags_and_offset.value();
  if ((fragment & (kIpv4MoreFragments | kIpv4FragmentOffset)) != 0)
    return ParseFragment({.id = ip.identification.value(),
                          .offset = (fragment & kIpv4FragmentOffset) * std::size_t{8},
                          .more = (fragment & kIpv4MoreFragments) != 0},
                         ip.protocol, segment, packet);
  ParseSegment(ip.protocol, segment, {kProtocolIcmp, PacketKind::kIcmp}, packet);
}

// All nodes, or those with one of a few addresses (RFC 2464, 7; RFC 4291, 2.7.1).
bool IsGroupOfNeighbours(const MacAddress& mac) {
  const auto& bytes = mac.bytes;
  if (bytes[0] != 0x33 || bytes[1] != 0x33) return false;
  return bytes[2] == 0xff || mac == MacAddress{{0x33, 0x33, 0, 0, 0, 1}};
}

}  // namespace

ParsedPacket ParseFrame(FrameView frame, const MacAddress& own_mac, bool checksum_known_good) {
  ParsedPacket packet;
  if (frame.length < sizeof(EthernetHeader)) return packet;  // kTruncated

  const auto ethernet = Load<EthernetHeader>(frame.data);
  const std::uint16_t ether_type = ethernet.ether_type.value();
  const bool for_us = ethernet.destination == own_mac ||
                      (ether_type == kEtherTypeArp && ethernet.destination == kBroadcastMac) ||
                      (ether_type == kEtherTypeIpv6 && IsGroupOfNeighbours(ethernet.destination));
  if (ethernet.source == own_mac) {
    Drop(packet, DropReason::kLooped);
  } else if (!for_us) {
    Drop(packet, DropReason::kNotOurMac);
  } else if (ether_type == kEtherTypeIpv4) {
    ParseIpv4(frame, checksum_known_good, packet);
  } else if (ether_type == kEtherTypeIpv6) {
    ParseIpv6(frame, packet);
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
