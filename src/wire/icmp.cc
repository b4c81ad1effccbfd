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

constexpr std::size_t kQuoteOffset =
    sizeof(EthernetHeader) + sizeof(Ipv4Header) + sizeof(IcmpHeader);

}  // namespace

bool IsValidEchoRequest(FrameView frame, const ParsedPacket& packet) {
  const std::uint8_t* const message = frame.data + packet.l4_offset;
  const std::size_t length = packet.l3_offset + packet.l3_length - packet.l4_offset;
  const auto icmp = Load<IcmpHeader>(message);
  return icmp.type == kIcmpEchoRequest && icmp.code == 0 &&
         ChecksumOf(message, length) == BigEndian16() && CameFromOneHost(frame);
}

void TurnIntoEchoReply(std::uint8_t* frame, const ParsedPacket& packet, const MacAddress& own_mac) {
  RewriteMacs(frame, Load<EthernetHeader>(frame).source, own_mac);

  auto ip = Load<Ipv4Header>(frame + packet.l3_offset);
  std::swap(ip.source, ip.destination);
  ip.ttl = kDefaultTtl;
  StoreWithChecksum(frame + packet.l3_offset, ip);

  auto icmp = Load<IcmpHeader>(frame + packet.l4_offset);
  icmp.checksum = UpdateChecksum(icmp.checksum, kIcmpEchoRequest << 8, kIcmpEchoReply << 8);
  icmp.type = kIcmpEchoReply;
  Store(frame + packet.l4_offset, icmp);
}

std::size_t WritePortUnreachable(std::uint8_t* out, std::size_t capacity, FrameView offending,
                                 const ParsedPacket& packet, const MacAddress& own_mac) {
  const bool is_udp = packet.kind == PacketKind::kFlow && packet.key.protocol == Protocol::kUdp;
  const std::size_t shortest_quote = packet.l4_offset - packet.l3_offset + sizeof(UdpHeader);
  if (!is_udp || !CameFromOneHost(offending) || capacity < kQuoteOffset + shortest_quote) return 0;

  const std::size_t quote =
      std::min({std::size_t{packet.l3_length}, kLongestQuote, capacity - kQuoteOffset});
  std::uint8_t* const message = out + sizeof(EthernetHeader) + sizeof(Ipv4Header);
  std::memcpy(out + kQuoteOffset, offending.data + packet.l3_offset, quote);
  IcmpHeader icmp{
      .type = kIcmpUnreachable, .code = kIcmpPortUnreachable, .checksum = {}, .rest = {}};
  Store(message, icmp);
  icmp.checksum = ChecksumOf(message, sizeof icmp + quote);
  Store(message, icmp);

  auto ip = AnswerTo(Load<Ipv4Header>(offending.data + packet.l3_offset), kProtocolIcmp,
                     sizeof icmp + quote);
  ip.tos = kTosOfErrors;
  StoreWithChecksum(out + sizeof(EthernetHeader), ip);
  Store(out, EthernetHeader{.destination = Load<EthernetHeader>(offending.data).source,
                            .source = own_mac,
                            .ether_type = BigEndian16(kEtherTypeIpv4)});
  return kQuoteOffset + quote;
}

}  // namespace holdfast
