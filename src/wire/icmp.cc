#include "wire/icmp.h"

#include <algorithm>
#include <utility>

#include "wire/answer.h"
#include "wire/checksum.h"
#include "wire/headers.h"
#include "wire/rewrite.h"

namespace holdfast {
namespace {

// Internetwork control, as RFC 1812 (4.3.2.5) wants it for ICMP errors.
constexpr std::uint8_t kTosOfErrors = 0xc0;

std::size_t MessageLength(const ParsedPacket& packet) {
  return packet.l3_offset + packet.l3_length - packet.l4_offset;
}

bool IsEchoRequest(PacketKind kind, const IcmpHeader& icmp) {
  return icmp.type == (kind == PacketKind::kIcmp ? kIcmpEchoRequest : kIcmpV6EchoRequest) &&
         icmp.code == 0;
}

BigEndian16 MessageChecksum(FrameView frame, const ParsedPacket& packet) {
  InternetChecksum sum;
  if (packet.kind == PacketKind::kIcmpV6)
    sum.AddPseudoHeader(packet.key.client, packet.key.vip, kProtocolIcmpV6, MessageLength(packet));
  sum.Add(frame.data + packet.l4_offset, MessageLength(packet));
  return sum.Result();
}

void SwapAddresses(std::uint8_t* frame, const ParsedPacket& packet) {
  if (packet.kind == PacketKind::kIcmp) {
    auto ip = Load<Ipv4Header>(frame + packet.l3_offset);
    std::swap(ip.source, ip.destination);
    ip.ttl = kDefaultTtl;
    return StoreWithChecksum(frame + packet.l3_offset, ip);
  }
  auto ip = Load<Ipv6Header>(frame + packet.l3_offset);
  std::swap(ip.source, ip.destination);
  ip.hop_limit = kDefaultTtl;
  Store(frame + packet.l3_offset, ip);
}

}  // namespace

bool HasGoodIcmpChecksum(FrameView frame, const ParsedPacket& packet) {
  return MessageChecksum(frame, packet) == BigEndian16();
}

bool IsValidEchoRequest(FrameView frame, const ParsedPacket& packet) {
  const auto icmp = Load<IcmpHeader>(frame.data + packet.l4_offset);
  return IsEchoRequest(packet.kind, icmp) && HasGoodIcmpChecksum(frame, packet) &&
         CameFromOneHost(frame);
}

void TurnIntoEchoReply(std::uint8_t* frame, const ParsedPacket& packet, const MacAddress& own_mac) {
  RewriteMacs(frame, Load<EthernetHeader>(frame).source, own_mac);
  SwapAddresses(frame, packet);
  auto icmp = Load<IcmpHeader>(frame + packet.l4_offset);
  const std::uint8_t reply = packet.kind == PacketKind::kIcmp ? kIcmpEchoReply : kIcmpV6EchoReply;
  icmp.checksum = UpdateChecksum(icmp.checksum, static_cast<std::uint16_t>(icmp.type << 8),
                                 static_cast<std::uint16_t>(reply << 8));
  icmp.type = reply;
  Store(frame + packet.l4_offset, icmp);
}

std::size_t WritePortUnreachable(std::uint8_t* out, std::size_t capacity, FrameView offending,
                                 const ParsedPacket& packet, const MacAddress& own_mac) {
  const bool is_udp = packet.kind == PacketKind::kFlow && packet.key.protocol == Protocol::kUdp;
  if (!is_udp) return 0;
  const bool is_v4 = packet.key.vip.IsV4();
  return WriteIcmpError(out, capacity, offending, packet, own_mac,
                        {.type = is_v4 ? kIcmpUnreachable : kIcmpV6Unreachable,
                         .code = is_v4 ? kIcmpPortUnreachable : kIcmpV6PortUnreachable,
                         .checksum = {},
                         .rest = {}});
}

std::size_t WritePacketTooBig(std::uint8_t* out, std::size_t capacity, FrameView offending,
                              const ParsedPacket& packet, const MacAddress& own_mac,
                              std::uint32_t mtu) {
  const bool is_v4 = packet.key.vip.IsV4();
  const std::uint8_t type = is_v4 ? kIcmpUnreachable : kIcmpV6PacketTooBig;
  const std::uint8_t code = is_v4 ? kIcmpFragmentationNeeded : std::uint8_t{0};
  return WriteIcmpError(out, capacity, offending, packet, own_mac,
                        {.type = type, .code = code, .checksum = {}, .rest = BigEndian32(mtu)});
}

std::size_t WriteIcmpError(std::uint8_t* out, std::size_t capacity, FrameView offending,
                           const ParsedPacket& packet, const MacAddress& own_mac, IcmpHeader icmp) {
  const bool is_v4 = packet.key.vip.IsV4();
  const std::size_t before =
      sizeof(EthernetHeader) + (is_v4 ? sizeof(Ipv4Header) : sizeof(Ipv6Header)) + sizeof icmp;
  const std::size_t shortest_quote = packet.l4_offset - packet.l3_offset + sizeof(UdpHeader);
  if (!CameFromOneHost(offending) || capacity < before + shortest_quote) return 0;

  const std::size_t quote = std::min({std::size_t{packet.l3_length}, capacity - before,
                                      is_v4 ? kLongestQuote : kLongestIpv6Quote});
  const AnswerContent content{.protocol = is_v4 ? kProtocolIcmp : kProtocolIcmpV6,
                              .length = sizeof icmp + quote,
                              .tos = kTosOfErrors};
  const std::size_t offset = WriteAnswerHeaders(out, offending, packet, own_mac, content);
  std::memcpy(out + offset + sizeof icmp, offending.data + packet.l3_offset, quote);
  icmp.checksum = {};
  Store(out + offset, icmp);
  icmp.checksum = AnswerChecksum(out + offset, packet, content);
  Store(out + offset, icmp);
  return offset + content.length;
}

}  // namespace holdfast
