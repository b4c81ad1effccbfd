#include "wire/frame_glance.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "wire/headers.h"
#include "wire/parse_segment.h"

namespace holdfast {
namespace {

constexpr std::size_t kVlanTag = 4;

void GlanceAtSegment(Segment segment, FrameGlance& glance) {
  const bool is_tcp = glance.protocol == static_cast<std::uint8_t>(Protocol::kTcp);
  if ((!is_tcp && glance.protocol != kProtocolUdp) || glance.is_later_fragment) return;
  if (segment.length < sizeof(UdpHeader)) return;
  const auto ports = Load<UdpHeader>(segment.data);
  glance.ports = {ports.source_port.value(), ports.destination_port.value()};
  if (is_tcp && segment.length >= sizeof(TcpHeader))
    glance.tcp_flags = Load<TcpHeader>(segment.data).flags;
}

void GlanceAtArp(Segment bytes, FrameGlance& glance) {
  if (bytes.length < sizeof(ArpHeader)) return;
  const auto arp = Load<ArpHeader>(bytes.data);
  glance.has_addresses = true;
  glance.source = IpAddress::FromV4(arp.sender_ip.value());
  glance.destination = IpAddress::FromV4(arp.target_ip.value());
}

void GlanceAtIpv4(Segment bytes, FrameGlance& glance) {
  if (bytes.length < sizeof(Ipv4Header)) return;
  const auto ip = Load<Ipv4Header>(bytes.data);
  glance.has_addresses = true;
  glance.source = IpAddress::FromV4(ip.source.value());
  glance.destination = IpAddress::FromV4(ip.destination.value());
  glance.protocol = ip.protocol;
  glance.is_later_fragment = (ip.flags_and_offset.value() & kIpv4FragmentOffset) != 0;
  const std::size_t header = std::max(ip.header_length(), sizeof ip);
  if (header <= bytes.length) GlanceAtSegment({bytes.data + header, bytes.length - header}, glance);
}

void GlanceAtIpv6(Segment bytes, FrameGlance& glance) {
  if (bytes.length < sizeof(Ipv6Header)) return;
  const auto ip = Load<Ipv6Header>(bytes.data);
  glance.has_addresses = true;
  glance.source = IpAddress::FromV6(ip.source);
  glance.destination = IpAddress::FromV6(ip.destination);
  glance.protocol = ip.next_header;
  auto upper =
      SkipIpv6Extensions({ip.next_header, {bytes.data + sizeof ip, bytes.length - sizeof ip}});
  if (!upper) return;
  if (upper->protocol == kIpv6Fragment && upper->segment.length >= sizeof(Ipv6FragmentHeader)) {
    const auto fragment = Load<Ipv6FragmentHeader>(upper->segment.data);
    glance.is_later_fragment = (fragment.offset_and_more.value() & kIpv6FragmentOffset) != 0;
    *upper = {fragment.next_header,
              {upper->segment.data + sizeof fragment, upper->segment.length - sizeof fragment}};
  }
  glance.protocol = upper->protocol;
  GlanceAtSegment(upper->segment, glance);
}

std::string NameOfProtocol(const FrameGlance& glance) {
  if (glance.is_icmp()) return glance.protocol == kProtocolIcmp ? "icmp" : "icmpv6";
  if (glance.protocol == static_cast<std::uint8_t>(Protocol::kTcp)) return "tcp";
  if (glance.protocol == kProtocolUdp) return "udp";
  return absl::StrCat("protocol ", int{glance.protocol});
}

std::string FlagsInWords(std::uint8_t flags) {
  struct Flag {
    std::uint8_t bit;
    const char* name;
  };
  std::string words;
  for (const Flag& flag : {Flag{kTcpSyn, "SYN"}, Flag{kTcpFin, "FIN"}, Flag{kTcpRst, "RST"},
                           Flag{kTcpPsh, "PSH"}, Flag{kTcpAck, "ACK"}, Flag{kTcpUrg, "URG"}})
    if ((flags & flag.bit) != 0) absl::StrAppend(&words, words.empty() ? " " : ",", flag.name);
  return words;
}

}  // namespace

FrameGlance FrameGlance::At(FrameView frame) {
  FrameGlance glance;
  if (frame.length < sizeof(EthernetHeader)) return glance;
  glance.ether_type = Load<EthernetHeader>(frame.data).ether_type.value();
  std::size_t link = sizeof(EthernetHeader);
  if (glance.ether_type == kEtherTypeVlan && frame.length >= link + kVlanTag) {
    link += kVlanTag;
    glance.ether_type = Load<BigEndian16>(frame.data + link - sizeof(BigEndian16)).value();
  }
  const Segment bytes{frame.data + link, frame.length - link};
  if (glance.ether_type == kEtherTypeArp) GlanceAtArp(bytes, glance);
  if (glance.ether_type == kEtherTypeIpv4) GlanceAtIpv4(bytes, glance);
  if (glance.ether_type == kEtherTypeIpv6) GlanceAtIpv6(bytes, glance);
  return glance;
}

bool FrameGlance::is_ip() const {
  return has_addresses && (ether_type == kEtherTypeIpv4 || ether_type == kEtherTypeIpv6);
}

bool FrameGlance::is_icmp() const {
  return is_ip() && protocol == (ether_type == kEtherTypeIpv4 ? kProtocolIcmp : kProtocolIcmpV6);
}

std::string FrameGlance::ToString() const {
  if (!has_addresses) return absl::StrCat("ethertype 0x", absl::Hex(ether_type, absl::kZeroPad4));
  const std::string name = is_ip() ? NameOfProtocol(*this) : "arp";
  if (ports) {
    const FlowKey flow{source, destination, ports->source, ports->destination, Protocol(protocol)};
    return absl::StrCat(flow.ToString(), FlagsInWords(tcp_flags));
  }
  return absl::StrCat(name, " ", source.ToString(), " > ", destination.ToString(),
                      is_later_fragment ? ", a later fragment" : "");
}

}  // namespace holdfast
