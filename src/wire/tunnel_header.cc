#include "wire/tunnel_header.h"

#include "wire/inner_sum.h"

namespace holdfast {
TunnelHeader::TunnelHeader(const Ends& ends)
    : link_length_(ends.vlan == 0 ? sizeof(EthernetHeader) : kLongestLink),
      ip_length_(ends.to.IsV4() ? sizeof(Ipv4Header) : sizeof(Ipv6Header)),
      outer_is_ipv4_(ends.to.IsV4()),
      gue_port_(ends.gue_port) {
  std::uint8_t* const ip = image_.data() + kImage - ip_length_;
  std::uint8_t* const link = ip - link_length_;
  Store(link, EthernetHeader{ends.destination_mac, ends.source_mac, BigEndian16(kEtherTypeVlan)});
  if (ends.vlan != 0) Store(link + sizeof(EthernetHeader), BigEndian16(ends.vlan));
  Store(ip - sizeof(BigEndian16), BigEndian16(outer_is_ipv4_ ? kEtherTypeIpv4 : kEtherTypeIpv6));
  if (outer_is_ipv4_) {
    Store(ip, Ipv4Header{.version_and_ihl = 0x45,
                         .tos = 0,
                         .total_length = {},
                         .identification = {},
                         .flags_and_offset = BigEndian16(kIpv4DontFragment),
                         .ttl = kDefaultTtl,
                         .protocol = 0,
                         .checksum = {},
                         .source = BigEndian32(ends.from.V4()),
                         .destination = BigEndian32(ends.to.V4())});
    sum_ = FoldedSum(SumOfWords(ip, sizeof(Ipv4Header)));
  } else {
    Store(ip, Ipv6Header{.version_class_and_label = BigEndian32(6U << 28),
                         .payload_length = {},
                         .next_header = 0,
                         .hop_limit = kDefaultTtl,
                         .source = ends.from.bytes(),
                         .destination = ends.to.bytes()});
    sum_ = FoldedSum(SumOfWords(ip + offsetof(Ipv6Header, source), 2 * sizeof(IpAddress)));
  }
}

void TunnelHeader::WriteLink(std::uint8_t* at, bool is_ipv4) const {
  const std::uint8_t* const link = image_.data() + kImage - ip_length_ - link_length_;
  std::memcpy(at - link_length_, link, link_length_);
  Store(at - sizeof(BigEndian16), BigEndian16(is_ipv4 ? kEtherTypeIpv4 : kEtherTypeIpv6));
}

void TunnelHeader::WriteUdpChecksum(std::uint8_t* bytes, const InnerPacket& inner) const {
  auto udp = Load<UdpHeader>(bytes);
  // The pseudo header has the length once more.
  const std::uint64_t sum = std::uint64_t{sum_} + kProtocolUdp + udp.length.value() +
                            udp.source_port.value() + udp.destination_port.value() +
                            udp.length.value() + InnerSum(inner);
  const auto checksum = static_cast<std::uint16_t>(~FoldedSum(sum));
  udp.checksum = BigEndian16(checksum == 0 ? 0xffff : checksum);  // 0 would be none
  Store(bytes, udp);
}

}  // namespace holdfast
