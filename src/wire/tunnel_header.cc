#include "wire/tunnel_header.h"

#include "wire/inner_sum.h"

namespace holdfast {
namespace {

std::uint8_t ProtocolOf(const InnerPacket& inner) {
  return inner.is_ipv4 ? kProtocolIpv4 : kProtocolIpv6;
}

std::uint8_t ClassOf(const InnerPacket& inner) {
  return inner.is_ipv4 ? inner.bytes[1] : Load<Ipv6Header>(inner.bytes).traffic_class();
}

}  // namespace

InnerPacket InnerPacket::Of(const std::uint8_t* bytes, bool is_ipv4, std::uint32_t entropy) {
  const std::uint32_t length =
      is_ipv4 ? Load<Ipv4Header>(bytes).total_length.value()
              : std::uint32_t{sizeof(Ipv6Header)} + Load<Ipv6Header>(bytes).payload_length.value();
  return {bytes, length, is_ipv4, entropy};
}

TunnelHeader::TunnelHeader(const Ends& ends)
    : link_length_(ends.vlan == 0 ? sizeof(EthernetHeader) : kLongestLink),
      outer_is_ipv4_(ends.to.IsV4()),
      gue_port_(ends.gue_port) {
  Store(link_.data(),
        EthernetHeader{ends.destination_mac, ends.source_mac, BigEndian16(kEtherTypeVlan)});
  Store(link_.data() + sizeof(EthernetHeader), BigEndian16(ends.vlan));
  if (outer_is_ipv4_) {
    Store(ip_.data(), Ipv4Header{.version_and_ihl = 0x45,
                                 .tos = 0,
                                 .total_length = {},
                                 .identification = {},
                                 .flags_and_offset = BigEndian16(kIpv4DontFragment),
                                 .ttl = kDefaultTtl,
                                 .protocol = 0,
                                 .checksum = {},
                                 .source = BigEndian32(ends.from.V4()),
                                 .destination = BigEndian32(ends.to.V4())});
    sum_ = FoldedSum(SumOfWords(ip_.data(), sizeof(Ipv4Header)));
  } else {
    Store(ip_.data(), Ipv6Header{.version_class_and_label = BigEndian32(6U << 28),
                                 .payload_length = {},
                                 .next_header = 0,
                                 .hop_limit = kDefaultTtl,
                                 .source = ends.from.bytes(),
                                 .destination = ends.to.bytes()});
    sum_ = FoldedSum(SumOfWords(ip_.data() + offsetof(Ipv6Header, source), 2 * sizeof(IpAddress)));
  }
}

void TunnelHeader::Write(std::uint8_t* frame, const InnerPacket& inner, ForwardingMode mode) const {
  const std::uint16_t inner_type = inner.is_ipv4 ? kEtherTypeIpv4 : kEtherTypeIpv6;
  if (mode == ForwardingMode::kL2) return WriteLink(frame, inner_type);
  WriteLink(frame, outer_is_ipv4_ ? kEtherTypeIpv4 : kEtherTypeIpv6);
  const bool is_gue = mode == ForwardingMode::kGue;
  const std::uint8_t protocol = is_gue ? kProtocolUdp : ProtocolOf(inner);
  const std::size_t payload = inner.length + (is_gue ? kUdp : 0);
  std::uint8_t* const ip = frame + link_length_;
  if (outer_is_ipv4_)
    WriteIpv4(ip, inner, protocol, payload);
  else
    WriteIpv6(ip, inner, protocol, payload);
  if (is_gue) WriteUdp(ip + (outer_is_ipv4_ ? sizeof(Ipv4Header) : sizeof(Ipv6Header)), inner);
}

void TunnelHeader::WriteLink(std::uint8_t* frame, std::uint16_t ether_type) const {
  std::memcpy(frame, link_.data(), kMacs);
  if (link_length_ == kLongestLink)
    std::memcpy(frame + kMacs, link_.data() + kMacs, kLongestLink - sizeof(EthernetHeader));
  Store(frame + link_length_ - sizeof ether_type, BigEndian16(ether_type));
}

void TunnelHeader::WriteIpv4(std::uint8_t* bytes, const InnerPacket& inner, std::uint8_t protocol,
                             std::size_t payload) const {
  auto ip = Load<Ipv4Header>(ip_.data());
  ip.tos = ClassOf(inner);
  ip.total_length = BigEndian16(static_cast<std::uint16_t>(sizeof ip + payload));
  ip.protocol = protocol;
  const std::uint32_t sum = std::uint32_t{sum_} + ip.tos + ip.total_length.value() + protocol;
  ip.checksum = BigEndian16(static_cast<std::uint16_t>(~FoldedSum(sum)));
  Store(bytes, ip);
}

void TunnelHeader::WriteIpv6(std::uint8_t* bytes, const InnerPacket& inner, std::uint8_t protocol,
                             std::size_t payload) const {
  auto ip = Load<Ipv6Header>(ip_.data());
  ip.version_class_and_label =
      BigEndian32(6U << 28 | std::uint32_t{ClassOf(inner)} << 20 | (inner.entropy & 0xfffff));
  ip.payload_length = BigEndian16(static_cast<std::uint16_t>(payload));
  ip.next_header = protocol;
  Store(bytes, ip);
}

void TunnelHeader::WriteUdp(std::uint8_t* bytes, const InnerPacket& inner) const {
  const auto length = static_cast<std::uint16_t>(kUdp + inner.length);
  UdpHeader udp{.source_port = BigEndian16(static_cast<std::uint16_t>(
                    kFirstGueSourcePort | (inner.entropy >> 16 & 0x3fff))),
                .destination_port = gue_port_,
                .length = BigEndian16(length),
                .checksum = {}};
  if (!outer_is_ipv4_) {
    // The pseudo header has the length once more.
    const std::uint64_t sum = std::uint64_t{sum_} + kProtocolUdp + length +
                              udp.source_port.value() + udp.destination_port.value() + length +
                              InnerSum(inner);
    const auto checksum = static_cast<std::uint16_t>(~FoldedSum(sum));
    udp.checksum = BigEndian16(checksum == 0 ? 0xffff : checksum);  // 0 would be none
  }
  Store(bytes, udp);
}

}  // namespace holdfast
