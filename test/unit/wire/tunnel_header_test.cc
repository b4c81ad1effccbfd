#include "wire/tunnel_header.h"

#include <catch2/catch.hpp>

#include "support/packet_builder.h"
#include "wire/inner_sum.h"

namespace holdfast {
namespace {

constexpr MacAddress kTargetMac{{2, 0, 0, 0, 1, 7}};
constexpr std::uint32_t kEntropy = 0x1234'5678;

Frame Part(const Frame& frame, std::size_t from, std::size_t to) {
  return {frame.begin() + static_cast<std::ptrdiff_t>(from),
          frame.begin() + static_cast<std::ptrdiff_t>(to)};
}

// A header to a target, and what one of its frames looks like.
struct Way {
  const char* from;
  const char* to;
  std::uint16_t vlan = 0;

  [[nodiscard]] bool is_ipv4() const { return AddressNamed(to).IsV4(); }
  [[nodiscard]] std::size_t link() const { return vlan == 0 ? 14 : 18; }
  [[nodiscard]] std::size_t ip() const { return is_ipv4() ? 20 : 40; }
  [[nodiscard]] TunnelHeader header() const {
    return TunnelHeader({.destination_mac = kTargetMac,
                         .source_mac = kBalancerMac,
                         .vlan = vlan,
                         .from = AddressNamed(from),
                         .to = AddressNamed(to),
                         .gue_port = 6080});
  }
};
constexpr Way kWays[] = {{"10.0.0.1", "10.0.0.11"},
                         {"fd00::1", "fd00::11"},
                         {"10.0.0.1", "10.0.0.11", 7},
                         {"fd00::1", "fd00::11", 4094}};

std::vector<Frame> Inners() {
  std::vector<Frame> inners;
  for (const char* to : {"192.0.2.1", "2001:db8:1::1"}) {
    const char* from = AddressNamed(to).IsV4() ? "198.51.100.7" : "2001:db8::7";
    for (const std::size_t payload : {0, 1, 2, 1301}) {
      const std::string content(payload, 'x');
      inners.push_back(TcpPacket().From(from, 40000).To(to, 80).Ack().Payload(content).Build());
      inners.push_back(
          UdpPacket().From(from, 40000).To(to, 53).Payload(content).Tos(0xb9).PaddedTo(90).Build());
      // What cannot be known without reading it.
      inners.push_back(
          UdpPacket().From(from, 40000).To(to, 53).Payload(content).SegmentChecksum(0).Build());
      inners.push_back(
          UdpPacket().From(from, 40000).To(to, 53).Payload(content + "yz").UdpLength(8).Build());
    }
  }
  inners.push_back(TcpPacket().Ack().MoreFragments().Payload("part").Build());
  inners.push_back(TcpPacket().Syn().IpOptions({1, 1, 1, 1}).Build());
  inners.push_back(TcpPacket()
                       .From("2001:db8::7", 1)
                       .To("2001:db8:1::1", 80)
                       .Extension(60, {0, 1, 4, 0, 0, 0, 0})
                       .Syn()
                       .Build());
  return inners;
}

InnerPacket InnerOf(const Frame& frame) {
  return InnerPacket::Of(frame.data() + 14, frame[12] == 0x08, kEntropy);
}

// `inner` as it leaves, with nothing behind it.
Frame Sent(const Way& way, const Frame& inner, ForwardingMode mode) {
  const TunnelHeader header = way.header();
  const InnerPacket packet = InnerOf(inner);
  Frame buffer(TunnelHeader::kScratch, 0xee);
  buffer.insert(buffer.end(), packet.bytes, packet.bytes + packet.length);
  std::uint8_t* const at = buffer.data() + TunnelHeader::kScratch;
  header.Write(at, InnerPacket::Of(at, packet.is_ipv4, packet.entropy), mode);
  const std::size_t before = TunnelHeader::kScratch - header.LengthFor(mode);
  return {buffer.begin() + static_cast<std::ptrdiff_t>(before), buffer.end()};
}

template <typename Check>
void ForAll(ForwardingMode mode, Check&& check) {
  for (const Way& way : kWays) {
    for (const Frame& inner : Inners()) {
      CAPTURE(way.to, way.vlan, inner.size(), static_cast<unsigned>(inner[12]));
      const Frame frame = Sent(way, inner, mode);
      const InnerPacket packet = InnerOf(inner);
      // The inner packet is as it came, whatever the mode.
      REQUIRE(Part(frame, way.header().LengthFor(mode), frame.size()) ==
              Part(inner, 14, 14 + packet.length));
      const auto ethernet = Load<EthernetHeader>(frame.data());
      CHECK(ethernet.destination == kTargetMac);
      CHECK(ethernet.source == kBalancerMac);
      if (way.vlan != 0) {
        CHECK(ethernet.ether_type.value() == 0x8100);
        CHECK((frame[14] << 8 | frame[15]) == way.vlan);
      }
      check(way, packet, frame, Load<BigEndian16>(frame.data() + way.link() - 2).value());
    }
  }
}

// The outer IP header, at its place; returns the protocol.
std::uint8_t CheckOuterIp(const Way& way, const InnerPacket& inner, const Frame& frame) {
  const std::uint8_t inner_class =
      inner.is_ipv4 ? inner.bytes[1] : Load<Ipv6Header>(inner.bytes).traffic_class();
  const std::size_t behind = frame.size() - way.link() - way.ip();
  if (way.is_ipv4()) {
    const auto ip = Load<Ipv4Header>(frame.data() + way.link());
    CHECK(ip.version_and_ihl == 0x45);
    CHECK(ip.tos == inner_class);
    CHECK(ip.total_length.value() == 20 + behind);
    CHECK(ip.flags_and_offset.value() == kIpv4DontFragment);
    CHECK(ip.ttl == 64);
    CHECK(ip.source.value() == AddressNamed(way.from).V4());
    CHECK(ip.destination.value() == AddressNamed(way.to).V4());
    CHECK(ReferenceChecksum(Part(frame, way.link(), way.link() + 20)) == 0);
    return ip.protocol;
  }
  const auto ip = Load<Ipv6Header>(frame.data() + way.link());
  CHECK(ip.version() == 6);
  CHECK(ip.traffic_class() == inner_class);
  CHECK((ip.version_class_and_label.value() & 0xfffff) == (kEntropy & 0xfffff));
  CHECK(ip.payload_length.value() == behind);
  CHECK(ip.hop_limit == 64);
  CHECK(ip.source == AddressNamed(way.from).bytes());
  CHECK(ip.destination == AddressNamed(way.to).bytes());
  return ip.next_header;
}

TEST_CASE("l2: MACs and the tag are all that is put before", "[wire]") {
  ForAll(ForwardingMode::kL2, [](const Way& way, const InnerPacket& inner, const Frame& frame,
                                 std::uint16_t ether_type) {
    CHECK(ether_type == (inner.is_ipv4 ? 0x0800 : 0x86dd));
    CHECK(frame.size() == way.link() + inner.length);
  });
}

TEST_CASE("ipip: 4 in 4, 6 in 4, 4 in 6, 6 in 6 (RFC 2003, 4213, 2473)", "[wire]") {
  ForAll(ForwardingMode::kIpip, [](const Way& way, const InnerPacket& inner, const Frame& frame,
                                   std::uint16_t ether_type) {
    CHECK(ether_type == (way.is_ipv4() ? 0x0800 : 0x86dd));
    CHECK(CheckOuterIp(way, inner, frame) == (inner.is_ipv4 ? 4 : 41));
    CHECK(frame.size() == way.link() + way.ip() + inner.length);
  });
}

TEST_CASE("gue: UDP from a port of the flow, its checksum right over IPv6", "[wire]") {
  ForAll(ForwardingMode::kGue, [](const Way& way, const InnerPacket& inner, const Frame& frame,
                                  std::uint16_t ether_type) {
    CHECK(ether_type == (way.is_ipv4() ? 0x0800 : 0x86dd));
    CHECK(CheckOuterIp(way, inner, frame) == 17);
    const auto udp = Load<UdpHeader>(frame.data() + way.link() + way.ip());
    CHECK(udp.source_port.value() >= 0xc000);
    CHECK(udp.destination_port.value() == 6080);
    CHECK(udp.length.value() == 8 + inner.length);
    if (way.is_ipv4()) {
      CHECK(udp.checksum.value() == 0);
      return;
    }
    CHECK(udp.checksum.value() != 0);
    Frame covered = Part(frame, way.link() + 8, way.link() + 40);  // addresses
    Append16(covered, 17);
    Append16(covered, udp.length.value());
    AppendAll(covered, Part(frame, way.link() + 40, frame.size()));
    CHECK(ReferenceChecksum(covered) == 0);
  });
}

TEST_CASE("gue: a flow has one source port, and flows have many", "[wire]") {
  std::vector<bool> seen(0x4000);
  const Frame inner = TcpPacket().Ack().Build();
  for (std::uint32_t i = 0; i < 1000; ++i) {
    InnerPacket packet = InnerOf(inner);
    packet.entropy = i * 0x9e37'79b9;
    Frame buffer(TunnelHeader::kScratch + packet.length);
    std::uint8_t* const at = buffer.data() + TunnelHeader::kScratch;
    std::copy_n(packet.bytes, packet.length, at);
    packet.bytes = at;
    kWays[0].header().Write(at, packet, ForwardingMode::kGue);
    seen[Load<UdpHeader>(at - 8).source_port.value() & 0x3fff] = true;
  }
  CHECK(std::count(seen.begin(), seen.end(), true) > 900);
}

TEST_CASE("the sum of a packet is known without its payload", "[wire]") {
  for (const Frame& frame : Inners()) {
    CAPTURE(frame.size(), static_cast<unsigned>(frame[12]));
    const InnerPacket inner = InnerOf(frame);
    // Zero and minus zero are the same.
    CHECK(FoldedSum(InnerSum(inner)) % 0xffff ==
          FoldedSum(SumOfWords(inner.bytes, inner.length)) % 0xffff);
  }
}

}  // namespace
}  // namespace holdfast
