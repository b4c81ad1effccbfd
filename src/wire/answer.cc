#include "wire/answer.h"

#include "wire/checksum.h"

namespace holdfast {
namespace {

Ipv4Header Ipv4AnswerTo(const FlowKey& offending, const AnswerContent& content) {
  return {
      .version_and_ihl = 4 << 4 | sizeof(Ipv4Header) / 4,
      .tos = content.tos,
      .total_length = BigEndian16(static_cast<std::uint16_t>(sizeof(Ipv4Header) + content.length)),
      // Never fragmented, so that the identification means nothing (RFC 6864, 4.1).
      .identification = {},
      .flags_and_offset = BigEndian16(kIpv4DontFragment),
      .ttl = kDefaultTtl,
      .protocol = content.protocol,
      .checksum = {},
      .source = BigEndian32(offending.vip.V4()),
      .destination = BigEndian32(offending.client.V4())};
}

Ipv6Header Ipv6AnswerTo(const FlowKey& offending, const AnswerContent& content) {
  return {.version_class_and_label = BigEndian32(6U << 28 | std::uint32_t{content.tos} << 20),
          .payload_length = BigEndian16(static_cast<std::uint16_t>(content.length)),
          .next_header = content.protocol,
          .hop_limit = kDefaultTtl,
          .source = offending.vip.bytes(),
          .destination = offending.client.bytes()};
}

}  // namespace

bool CameFromOneHost(FrameView frame) {
  return !Load<EthernetHeader>(frame.data).source.IsMulticast();
}

void StoreWithChecksum(std::uint8_t* bytes, Ipv4Header ip) {
  ip.checksum = BigEndian16();
  Store(bytes, ip);
  ip.checksum = ChecksumOf(bytes, ip.header_length());
  Store(bytes, ip);
}

std::size_t WriteAnswerHeaders(std::uint8_t* out, FrameView offending, const ParsedPacket& packet,
                               const MacAddress& own_mac, const AnswerContent& content) {
  const bool is_v4 = packet.key.vip.IsV4();
  Store(out, EthernetHeader{.destination = Load<EthernetHeader>(offending.data).source,
                            .source = own_mac,
                            .ether_type = BigEndian16(is_v4 ? kEtherTypeIpv4 : kEtherTypeIpv6)});
  std::uint8_t* const ip = out + sizeof(EthernetHeader);
  if (is_v4) {
    StoreWithChecksum(ip, Ipv4AnswerTo(packet.key, content));
    return sizeof(EthernetHeader) + sizeof(Ipv4Header);
  }
  Store(ip, Ipv6AnswerTo(packet.key, content));
  return sizeof(EthernetHeader) + sizeof(Ipv6Header);
}

BigEndian16 AnswerChecksum(const std::uint8_t* bytes, const ParsedPacket& packet,
                           const AnswerContent& content) {
  InternetChecksum sum;
  if (content.protocol != kProtocolIcmp)
    sum.AddPseudoHeader(packet.key.vip, packet.key.client, content.protocol, content.length);
  sum.Add(bytes, content.length);
  return sum.Result();
}

}  // namespace holdfast
