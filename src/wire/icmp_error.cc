#include "wire/icmp_error.h"

#include "wire/headers.h"
#include "wire/icmp.h"
#include "wire/parse_segment.h"

namespace holdfast {
namespace {

bool IsError(PacketKind kind, std::uint8_t type) {
  if (kind == PacketKind::kIcmpV6)
    return type >= kIcmpV6Unreachable && type <= kIcmpV6ParameterProblem;
  return type == kIcmpUnreachable || type == kIcmpTimeExceeded || type == kIcmpParameterProblem;
}

void ReadMtu(PacketKind kind, const IcmpHeader& icmp, QuotedPacket& quoted) {
  if (kind == PacketKind::kIcmpV6 && icmp.type == kIcmpV6PacketTooBig) {
    quoted.is_too_big = true;
    quoted.mtu = icmp.rest.value();
  } else if (kind == PacketKind::kIcmp && icmp.type == kIcmpUnreachable &&
             icmp.code == kIcmpFragmentationNeeded) {
    quoted.is_too_big = true;
    quoted.mtu = icmp.rest.value() & 0xffff;
  }
}

// The first bytes behind the IP header, as many as were quoted; nothing for a later fragment.
std::optional<UpperLayer> QuotedIpv4(Segment quote, QuotedPacket& quoted) {
  if (quote.length < sizeof(Ipv4Header)) return std::nullopt;
  const auto ip = Load<Ipv4Header>(quote.data);
  const std::size_t header = ip.header_length();
  if (ip.version() != 4 || header < sizeof ip || header > quote.length) return std::nullopt;
  if ((ip.flags_and_offset.value() & kIpv4FragmentOffset) != 0) return std::nullopt;
  quoted.source = IpAddress::FromV4(ip.source.value());
  quoted.destination = IpAddress::FromV4(ip.destination.value());
  return UpperLayer{ip.protocol, {quote.data + header, quote.length - header}};
}

std::optional<UpperLayer> QuotedIpv6(Segment quote, QuotedPacket& quoted) {
  if (quote.length < sizeof(Ipv6Header)) return std::nullopt;
  const auto ip = Load<Ipv6Header>(quote.data);
  if (ip.version() != 6) return std::nullopt;
  quoted.source = IpAddress::FromV6(ip.source);
  quoted.destination = IpAddress::FromV6(ip.destination);
  return SkipIpv6Extensions({ip.next_header, {quote.data + sizeof ip, quote.length - sizeof ip}});
}

}  // namespace

std::optional<QuotedPacket> ParseIcmpError(FrameView frame, const ParsedPacket& packet) {
  const std::size_t end = packet.l3_offset + packet.l3_length;
  const auto icmp = Load<IcmpHeader>(frame.data + packet.l4_offset);
  if (!IsError(packet.kind, icmp.type) || !HasGoodIcmpChecksum(frame, packet)) return std::nullopt;
  QuotedPacket quoted;
  ReadMtu(packet.kind, icmp, quoted);
  const std::size_t offset = packet.l4_offset + sizeof icmp;
  const Segment quote{frame.data + offset, end - offset};
  const auto upper =
      packet.kind == PacketKind::kIcmp ? QuotedIpv4(quote, quoted) : QuotedIpv6(quote, quoted);
  if (!upper) return std::nullopt;
  quoted.protocol = upper->protocol;
  quoted.ip_offset = static_cast<std::uint16_t>(offset);
  quoted.upper_offset = static_cast<std::uint16_t>(upper->segment.data - frame.data);
  if (!quoted.has_ports()) return quoted;
  if (upper->segment.length < 4) return std::nullopt;
  quoted.source_port = Load<BigEndian16>(upper->segment.data).value();
  quoted.destination_port = Load<BigEndian16>(upper->segment.data + 2).value();
  return quoted;
}

}  // namespace holdfast
