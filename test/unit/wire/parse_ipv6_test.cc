// IPv6: ParseFrame(), and ParseOrdinaryIpv6() that must say the same.
#include <catch2/catch.hpp>
#include <random>

#include "support/packet_builder.h"
#include "wire/ordinary_ipv6.h"
#include "wire/parse.h"

namespace holdfast {
namespace {

constexpr const char* kClient = "2001:db8::7";
constexpr const char* kVip = "2001:db8:1::1";

PacketBuilder Tcp() { return TcpPacket().From(kClient, 40000).To(kVip, 80); }
PacketBuilder Udp() { return UdpPacket().From(kClient, 40000).To(kVip, 53); }

FrameView ViewOf(const Frame& frame) {
  return {frame.data(), static_cast<std::uint32_t>(frame.size())};
}
ParsedPacket Parse(const Frame& frame) { return ParseFrame(ViewOf(frame), kBalancerMac); }

std::string DropOf(const Frame& frame) {
  const ParsedPacket packet = Parse(frame);
  return packet.kind == PacketKind::kDrop ? std::string(kDropReasons[Index(packet.drop)].name) : "";
}

// Padding, router alert: options as hosts send them.
const Frame kOptions = {0, 5, 2, 0, 0, 1, 0};

TEST_CASE("IPv6: a segment is a flow from its client to the VIP", "[wire]") {
  const ParsedPacket tcp = Parse(Tcp().Syn().Ttl(7).Build());
  REQUIRE(tcp.kind == PacketKind::kFlow);
  CHECK(tcp.key.ToString() == "tcp [2001:db8::7]:40000 > [2001:db8:1::1]:80");
  CHECK(tcp.segment == SegmentFlags{.syn = true});
  CHECK(tcp.ttl == 7);
  CHECK(tcp.l3_offset == 14);
  CHECK(tcp.l4_offset == 54);
  CHECK(tcp.l3_length == 60);

  const ParsedPacket udp = Parse(Udp().Payload("?").PaddedTo(80).Build());
  REQUIRE(udp.kind == PacketKind::kFlow);
  CHECK(udp.key.ToString() == "udp [2001:db8::7]:40000 > [2001:db8:1::1]:53");
  CHECK(udp.segment == SegmentFlags{.payload = true});
  CHECK(udp.l3_length == 49);
}

TEST_CASE("IPv6: ports are read after extension headers (RFC 8200, 4)", "[wire]") {
  Frame forty(39, 0);
  forty[0] = 4;  // in units of eight bytes, without the first
  const Frame all = Tcp()
                        .Syn()
                        .Extension(0, kOptions)
                        .Extension(60, kOptions)
                        .Extension(43, {0, 4, 0})
                        .Extension(60, forty)
                        .Build();
  const ParsedPacket packet = Parse(all);
  REQUIRE(packet.kind == PacketKind::kFlow);
  CHECK(packet.key.vip_port == 80);
  CHECK(packet.l4_offset == 54 + 8 + 8 + 8 + 40);
}

TEST_CASE("IPv6: extension headers have bounds", "[wire]") {
  auto eight = Tcp().Syn();
  for (int i = 0; i < 8; ++i) eight.Extension(60, kOptions);
  CHECK(DropOf(eight.Build()).empty());
  CHECK(DropOf(PacketBuilder(eight).Extension(60, kOptions).Build()) == "ipv6_extension");

  CHECK(DropOf(Tcp().Extension(60, kOptions).Extension(0, kOptions).Build()) == "ipv6_extension");
  // A length that goes beyond the packet.
  CHECK(DropOf(Tcp().Extension(60, {200}).Build()) == "ipv6_extension");
  CHECK(DropOf(Tcp().Extension(60, kOptions).TotalLength(7).Build()) == "ipv6_extension");
  // RFC 5095: a routing header that has not come to its end.
  CHECK(DropOf(Tcp().Extension(43, {0, 0, 1}).Build()) == "ipv6_extension");
  CHECK(DropOf(Tcp().Extension(43, {0, 2, 255}).Build()) == "ipv6_extension");
  // Not looked into: AH, ESP, no next header, IPv4's ICMP.
  for (const std::uint8_t protocol : {51, 50, 59, 1})
    CHECK(DropOf(Tcp().IpProtocol(protocol).Build()) == "protocol");
}

// RFC 8200, 4.5: the rest of a fragment header.
Frame FragmentHeader(unsigned offset_and_more, std::uint32_t id) {
  Frame bytes = {0};
  Append16(bytes, offset_and_more);
  Append32(bytes, id);
  return bytes;
}

TEST_CASE("IPv6: a first fragment has ports, a later one has none", "[wire]") {
  const ParsedPacket first = Parse(Udp()
                                       .Extension(60, kOptions)
                                       .Extension(44, FragmentHeader(1, 0x12345678))
                                       .Payload("12345678")
                                       .UdpLength(900)
                                       .Build());
  CHECK(first.kind == PacketKind::kFlow);
  CHECK(first.is_fragment);
  CHECK(first.fragment_id == 0x12345678);
  CHECK(first.key.vip_port == 53);
  CHECK(first.l4_offset == 54 + 8 + 8);

  const ParsedPacket later = Parse(Udp().Extension(44, FragmentHeader(24, 5)).Build());
  CHECK(later.kind == PacketKind::kLaterFragment);
  CHECK(later.fragment_id == 5);
  CHECK(later.key.vip_port == 0);

  // RFC 6946: one that is the whole datagram.
  const ParsedPacket atomic = Parse(Tcp().Syn().Extension(44, FragmentHeader(0, 5)).Build());
  CHECK(atomic.kind == PacketKind::kFlow);
  CHECK_FALSE(atomic.is_fragment);
  CHECK(DropOf(Udp().Extension(44, FragmentHeader(0xfff9, 5)).Payload("12345678").Build()) ==
        "fragment");
  CHECK(DropOf(Tcp().Extension(44, FragmentHeader(8, 5)).Build()) == "fragment");
}

TEST_CASE("IPv6: a wrong header is dropped", "[wire]") {
  CHECK(DropOf(Tcp().Syn().IpVersion(4).Build()) == "ip_header");
  CHECK(DropOf(Tcp().Syn().TruncatedTo(53).Build()) == "truncated");
  CHECK(DropOf(Tcp().Syn().TruncatedTo(60).Build()) == "truncated");
  CHECK(DropOf(Tcp().Syn().TotalLength(21).Build()) == "truncated");
  CHECK(DropOf(Tcp().Syn().TotalLength(19).Build()) == "tcp_header");
  CHECK(DropOf(Tcp().Flags(0).Build()) == "tcp_flags");
  CHECK(DropOf(Udp().UdpLength(7).Build()) == "udp_header");
  CHECK(DropOf(EchoRequestV6().SegmentCutTo(7).Build()) == "icmp");
}

TEST_CASE("IPv6: a source that cannot be answered is martian", "[wire]") {
  for (const char* source : {"::", "::1", "ff02::1", kVip}) {
    INFO(source);
    CHECK(DropOf(Tcp().Syn().From(source, 1).Build()) == "martian_source");
  }
  // RFC 4862: who has no address yet may ask, by ICMPv6.
  CHECK(Parse(EchoRequestV6().From("::").Build()).kind == PacketKind::kIcmpV6);
  CHECK(Parse(EchoRequestV6().Build()).kind == PacketKind::kIcmpV6);
}

TEST_CASE("IPv6: an IPv4-mapped address does not stand for an IPv4 one", "[wire]") {
  const Frame mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1};
  for (const std::size_t place : {22, 38}) {
    Frame frame = Tcp().Syn().Build();
    std::copy(mapped.begin(), mapped.end(), frame.begin() + static_cast<std::ptrdiff_t>(place));
    CHECK(DropOf(frame) == "martian_source");
    FlowKey key;
    SegmentFlags segment;
    CHECK_FALSE(ParseOrdinaryIpv6(ViewOf(frame), OwnMac(kBalancerMac), key, segment));
  }
}

TEST_CASE("IPv6: groups that neighbours are asked by are taken (RFC 2464, 7)", "[wire]") {
  const auto to = [](MacAddress mac) { return EchoRequestV6().Macs(kClientMac, mac).Build(); };
  CHECK(DropOf(to({{0x33, 0x33, 0xff, 0, 0, 1}})).empty());
  CHECK(DropOf(to({{0x33, 0x33, 0, 0, 0, 1}})).empty());
  CHECK(DropOf(to({{0x33, 0x33, 0, 0, 0, 2}})) == "not_our_mac");
  CHECK(DropOf(to(kBroadcastMac)) == "not_our_mac");
}

// What the quick way says is what the whole one says; it may leave a packet to it.
bool OrdinaryAgrees(const Frame& frame) {
  FlowKey key;
  SegmentFlags segment;
  if (!ParseOrdinaryIpv6(ViewOf(frame), OwnMac(kBalancerMac), key, segment)) return false;
  const ParsedPacket whole = Parse(frame);
  if (whole.kind == PacketKind::kDrop) {
    REQUIRE(whole.drop == DropReason::kMartianSource);  // asked later
    return true;
  }
  REQUIRE(whole.kind == PacketKind::kFlow);
  REQUIRE(whole.key == key);
  REQUIRE(whole.segment == segment);
  return true;
}

TEST_CASE("IPv6: ordinary packets are known at once, others are left", "[wire]") {
  for (const auto& frame :
       {Tcp().Syn().Build(), Tcp().Ack().Payload("x").Build(), Tcp().Fin().Ack().Build(),
        Udp().Payload("?").Build(), Udp().PaddedTo(80).Build()})
    CHECK(OrdinaryAgrees(frame));
  CHECK_FALSE(OrdinaryAgrees(Tcp().Syn().Extension(60, kOptions).Build()));
  CHECK_FALSE(OrdinaryAgrees(EchoRequestV6().Build()));
  CHECK_FALSE(OrdinaryAgrees(TcpPacket().Syn().PaddedTo(64).Build()));
  CHECK_FALSE(OrdinaryAgrees(Tcp().Syn().Macs(kBalancerMac, kBalancerMac).Build()));
}

TEST_CASE("IPv6: the quick way never says other than the whole one", "[wire]") {
  std::mt19937 random(2026);
  const std::vector<Frame> frames = {Tcp().Syn().Build(), Tcp().Ack().Payload("xyz").Build(),
                                     Udp().Payload("?").Build(),
                                     Tcp().Extension(0, kOptions).Syn().Build()};
  int ordinary = 0;
  for (int i = 0; i < 200'000; ++i) {
    Frame frame = frames[random() % frames.size()];
    for (unsigned times = random() % 3; times != 0; --times)
      frame[random() % frame.size()] ^= static_cast<std::uint8_t>(1U << random() % 8);
    if (random() % 8 == 0) frame.resize(random() % (frame.size() + 1));
    ordinary += OrdinaryAgrees(frame) ? 1 : 0;
  }
  CHECK(ordinary > 50'000);
}

}  // namespace
}  // namespace holdfast
