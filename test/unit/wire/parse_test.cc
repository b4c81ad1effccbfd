#include "wire/parse.h"

#include <catch2/catch.hpp>

#include "support/packet_builder.h"

namespace holdfast {
namespace {

ParsedPacket Parse(const Frame& frame, bool checksum_known_good = false) {
  return ParseFrame({frame.data(), static_cast<std::uint32_t>(frame.size())}, kBalancerMac,
                    checksum_known_good);
}

struct DropCase {
  const char* what;
  Frame frame;
  DropReason reason;
};

void CheckDropped(const std::vector<DropCase>& cases) {
  for (const DropCase& each : cases) {
    INFO(each.what);
    const ParsedPacket packet = Parse(each.frame);
    CHECK(packet.kind == PacketKind::kDrop);
    CHECK(kDropReasons[Index(packet.drop)].name == kDropReasons[Index(each.reason)].name);
  }
}

constexpr MacAddress kOtherMac{{0x02, 0, 0, 0, 0, 0x77}};
constexpr MacAddress kGroupMac{{0x01, 0, 0x5e, 0, 0, 1}};
const Frame kRouterAlert = {0x94, 4, 0, 0};

TEST_CASE("a TCP segment is a flow from its client to the VIP", "[wire]") {
  const Frame frame =
      TcpPacket().From("198.51.100.7", 40000).To("192.0.2.1", 80).Syn().Ttl(7).Build();
  const ParsedPacket packet = Parse(frame);

  REQUIRE(packet.kind == PacketKind::kFlow);
  CHECK(packet.key.ToString() == "tcp 198.51.100.7:40000 > 192.0.2.1:80");
  CHECK(packet.segment == SegmentFlags{.syn = true});
  CHECK(packet.ttl == 7);
  CHECK(packet.l3_offset == 14);
  CHECK(packet.l4_offset == 34);
  CHECK(packet.l3_length == 40);
}

TEST_CASE("a UDP datagram is a flow from its client to the VIP", "[wire]") {
  const ParsedPacket packet =
      Parse(UdpPacket().From("198.51.100.7", 65535).To("192.0.2.1", 53).Payload("?").Build());

  REQUIRE(packet.kind == PacketKind::kFlow);
  CHECK(packet.key.ToString() == "udp 198.51.100.7:65535 > 192.0.2.1:53");
  CHECK(packet.segment == SegmentFlags{.payload = true});
}

TEST_CASE("the flags of a segment are told apart", "[wire]") {
  const auto flags_of = [](PacketBuilder segment) { return Parse(segment.Build()).segment; };
  CHECK(flags_of(TcpPacket().Syn()) == SegmentFlags{.syn = true});
  CHECK(flags_of(TcpPacket().Syn().Ack()) == SegmentFlags{.syn = true, .ack = true});
  CHECK(flags_of(TcpPacket().Ack()) == SegmentFlags{.ack = true});
  CHECK(flags_of(TcpPacket().Ack().Fin()) == SegmentFlags{.fin = true, .ack = true});
  CHECK(flags_of(TcpPacket().Fin().Rst()) == SegmentFlags{.fin = true, .rst = true});
  CHECK(flags_of(TcpPacket().Rst()) == SegmentFlags{.rst = true});
  CHECK(flags_of(TcpPacket().Flags(0x08)) == SegmentFlags{});
  CHECK(flags_of(TcpPacket().Flags(0x20)) == SegmentFlags{});
  CHECK(flags_of(TcpPacket().Flags(0xc2)) == SegmentFlags{.syn = true});
}

TEST_CASE("padding after the total length is no payload", "[wire]") {
  CHECK_FALSE(Parse(TcpPacket().Ack().PaddedTo(60).Build()).segment.payload);
  CHECK(Parse(TcpPacket().Ack().Payload("x").PaddedTo(60).Build()).segment.payload);
  CHECK_FALSE(Parse(UdpPacket().PaddedTo(60).Build()).segment.payload);
  CHECK(Parse(UdpPacket().PaddedTo(60).Build()).l3_length == 28);
  // Inside IP but after UDP's own length.
  CHECK_FALSE(Parse(UdpPacket().Payload("xyz").UdpLength(8).Build()).segment.payload);
}

TEST_CASE("TCP options are no payload", "[wire]") {
  const Frame timestamps(12, 1);
  CHECK_FALSE(Parse(TcpPacket().Ack().TcpOptions(timestamps).Build()).segment.payload);
  CHECK(Parse(TcpPacket().Ack().TcpOptions(timestamps).Payload("x").Build()).segment.payload);
}

TEST_CASE("ports are read after IP options", "[wire]") {
  for (const std::size_t length : {4, 8, 40}) {
    INFO(length);
    const Frame options(length, 1);  // no-operations
    const ParsedPacket tcp = Parse(TcpPacket().Syn().IpOptions(options).Build());
    const ParsedPacket udp = Parse(UdpPacket().IpOptions(options).Build());
    CHECK(tcp.key.ToString() == "tcp 198.51.100.7:40000 > 192.0.2.1:80");
    CHECK(udp.key.ToString() == "udp 198.51.100.7:40000 > 192.0.2.1:80");
    CHECK(tcp.l4_offset == 34 + length);
  }
}

TEST_CASE("an ICMP message has addresses and no ports", "[wire]") {
  const ParsedPacket packet = Parse(EchoRequest().Payload("ping").Build());
  REQUIRE(packet.kind == PacketKind::kIcmp);
  CHECK(packet.key.client.ToString() == "198.51.100.7");
  CHECK(packet.key.vip.ToString() == "192.0.2.1");
  CHECK(packet.key.client_port == 0);
  CHECK(packet.key.vip_port == 0);
}

TEST_CASE("ARP may be broadcast, and is taken when it is for us alone", "[wire]") {
  CHECK(Parse(ArpRequest().Build()).kind == PacketKind::kArp);
  CHECK(Parse(ArpRequest().PaddedTo(60).Build()).kind == PacketKind::kArp);
  CHECK(Parse(ArpRequest().Macs(kClientMac, kBalancerMac).Build()).kind == PacketKind::kArp);
  CHECK(Parse(ArpReply().Build()).kind == PacketKind::kArp);
}

TEST_CASE("a frame that ends early is truncated", "[wire]") {
  CheckDropped({
      {"nothing", {}, DropReason::kTruncated},
      {"13 bytes", TcpPacket().Syn().TruncatedTo(13).Build(), DropReason::kTruncated},
      {"an Ethernet header alone", TcpPacket().Syn().TruncatedTo(14).Build(),
       DropReason::kTruncated},
      {"19 bytes of IPv4", TcpPacket().Syn().TruncatedTo(33).Build(), DropReason::kTruncated},
      {"no TCP", TcpPacket().Syn().TruncatedTo(34).Build(), DropReason::kTruncated},
      {"inside the IP options", TcpPacket().Syn().IpOptions(kRouterAlert).TruncatedTo(37).Build(),
       DropReason::kTruncated},
      {"a byte of payload missing", TcpPacket().Ack().Payload("xy").TruncatedTo(55).Build(),
       DropReason::kTruncated},
      {"total length beyond the frame", UdpPacket().TotalLength(29).Build(),
       DropReason::kTruncated},
      {"the longest total length", UdpPacket().TotalLength(0xffff).Build(), DropReason::kTruncated},
  });
}

TEST_CASE("frames between other hosts and our own are not looked into", "[wire]") {
  CheckDropped({
      {"from our MAC to us", TcpPacket().Macs(kBalancerMac, kBalancerMac).Build(),
       DropReason::kLooped},
      {"from our MAC to another", TcpPacket().Macs(kBalancerMac, kOtherMac).Build(),
       DropReason::kLooped},
      {"our own ARP request", ArpRequest().Macs(kBalancerMac, kBroadcastMac).Build(),
       DropReason::kLooped},
      {"to another host", TcpPacket().Syn().Macs(kClientMac, kOtherMac).Build(),
       DropReason::kNotOurMac},
      {"to a group", UdpPacket().Macs(kClientMac, kGroupMac).Build(), DropReason::kNotOurMac},
      {"IPv4 to everybody", UdpPacket().Macs(kClientMac, kBroadcastMac).Build(),
       DropReason::kNotOurMac},
      {"IPv6 to a group", UdpPacket().EtherType(0x86dd).Macs(kClientMac, kGroupMac).Build(),
       DropReason::kNotOurMac},
      {"ARP to another host", ArpRequest().Macs(kClientMac, kOtherMac).Build(),
       DropReason::kNotOurMac},
      {"ARP to a group", ArpRequest().Macs(kClientMac, kGroupMac).Build(), DropReason::kNotOurMac},
  });
}

TEST_CASE("what is neither IP nor ARP is dropped by its EtherType", "[wire]") {
  for (const std::uint16_t ether_type : {0x8100, 0x88a8, 0x88cc, 0x0801, 0x0026, 0}) {
    INFO(ether_type);
    CheckDropped({{"", TcpPacket().Syn().EtherType(ether_type).Build(), DropReason::kEtherType}});
  }
}

TEST_CASE("a wrong IPv4 header is dropped", "[wire]") {
  CheckDropped({
      {"version 6", TcpPacket().Syn().IpVersion(6).Build(), DropReason::kIpHeader},
      {"version 0", TcpPacket().Syn().IpVersion(0).Build(), DropReason::kIpHeader},
      {"IHL 4", TcpPacket().Syn().Ihl(4).Build(), DropReason::kIpHeader},
      {"IHL 0", TcpPacket().Syn().Ihl(0).Build(), DropReason::kIpHeader},
      {"total length 19", TcpPacket().Syn().TotalLength(19).Build(), DropReason::kIpHeader},
      {"total length 0", TcpPacket().Syn().TotalLength(0).Build(), DropReason::kIpHeader},
      {"total length below IHL", TcpPacket().Syn().IpOptions(kRouterAlert).TotalLength(23).Build(),
       DropReason::kIpHeader},
      {"checksum 0", TcpPacket().Syn().IpChecksum(0).Build(), DropReason::kIpChecksum},
      {"IHL that counts TCP in", TcpPacket().Syn().Ihl(6).Build(), DropReason::kIpChecksum},
  });
}

TEST_CASE("an IP header with any one bit wrong has a wrong checksum", "[wire]") {
  const Frame good = TcpPacket().Syn().IpOptions(kRouterAlert).Build();
  for (std::size_t bit = 8 * 22; bit < 8 * (14 + 24); ++bit) {  // from the TTL on
    INFO(bit);
    Frame frame = good;
    frame[bit / 8] ^= static_cast<std::uint8_t>(0x80 >> bit % 8);
    CHECK(Parse(frame).drop == DropReason::kIpChecksum);
  }
}

TEST_CASE("a checksum that the device checked is not checked again", "[wire]") {
  CHECK(Parse(TcpPacket().Syn().IpChecksum(0).Build(), true).kind == PacketKind::kFlow);
}

TEST_CASE("a source that cannot be answered is martian", "[wire]") {
  for (const char* source : {"0.0.0.0", "0.255.255.255", "127.0.0.1", "127.255.255.255",
                             "224.0.0.1", "239.255.255.255", "255.255.255.255", "192.0.2.1"}) {
    INFO(source);
    CheckDropped({{"TCP", TcpPacket().Syn().From(source, 1).Build(), DropReason::kMartianSource},
                  {"ICMP", EchoRequest().From(source).Build(), DropReason::kMartianSource}});
  }
  for (const char* source : {"1.0.0.0", "126.255.255.255", "128.0.0.0", "223.255.255.255"}) {
    INFO(source);
    CHECK(Parse(TcpPacket().Syn().From(source, 1).Build()).kind == PacketKind::kFlow);
  }
}

TEST_CASE("a first fragment has ports, a later one has none", "[wire]") {
  const ParsedPacket first = Parse(
      UdpPacket().Payload(std::string(16, 'x')).UdpLength(900).MoreFragments().IpId(9).Build());
  CHECK(first.kind == PacketKind::kFlow);
  CHECK(first.is_fragment);
  CHECK(first.fragment_id == 9);
  CHECK(first.key.vip_port == 80);

  const ParsedPacket later = Parse(TcpPacket().Ack().FragmentOffset(3).IpId(9).Build());
  CHECK(later.kind == PacketKind::kLaterFragment);
  CHECK(later.is_fragment);
  CHECK(later.fragment_id == 9);
  CHECK(later.key.vip_port == 0);
  CHECK(later.key.protocol == Protocol::kTcp);
  CHECK(later.segment == SegmentFlags{.passive = true});
  CHECK_FALSE(Parse(TcpPacket().Syn().DontFragment().Build()).is_fragment);
}

TEST_CASE("fragments that cannot be are dropped", "[wire]") {
  CheckDropped({
      {"beyond the longest datagram", UdpPacket().FragmentOffset(0x1fff).Build(),
       DropReason::kFragment},
      {"inside a TCP header (RFC 3128)", TcpPacket().Ack().FragmentOffset(1).Build(),
       DropReason::kFragment},
      {"inside a TCP header, too", TcpPacket().Ack().FragmentOffset(2).Build(),
       DropReason::kFragment},
      {"empty", UdpPacket().FragmentOffset(2).SegmentCutTo(0).Build(), DropReason::kFragment},
      {"too short for a TCP header", TcpPacket().Syn().MoreFragments().SegmentCutTo(16).Build(),
       DropReason::kTcpHeader},
      {"too short for ports", UdpPacket().MoreFragments().SegmentCutTo(4).Build(),
       DropReason::kUdpHeader},
      {"of an unknown protocol", UdpPacket().MoreFragments().IpProtocol(47).Build(),
       DropReason::kFragment},
      {"of ICMP", EchoRequest().MoreFragments().Build(), DropReason::kFragment},
  });
}

TEST_CASE("only TCP, UDP and ICMP are spoken", "[wire]") {
  for (const std::uint8_t protocol : {0, 2, 4, 41, 47, 50, 132, 255}) {
    INFO(int{protocol});
    CheckDropped({{"", TcpPacket().Syn().IpProtocol(protocol).Build(), DropReason::kProtocol}});
  }
}

TEST_CASE("P1: SYN with FIN or RST, or no flags at all, is malformed", "[wire]") {
  CheckDropped({
      {"SYN+FIN", TcpPacket().Syn().Fin().Build(), DropReason::kTcpFlags},
      {"SYN+RST", TcpPacket().Syn().Rst().Build(), DropReason::kTcpFlags},
      {"SYN+FIN+ACK", TcpPacket().Syn().Fin().Ack().Build(), DropReason::kTcpFlags},
      {"all", TcpPacket().Flags(0xff).Build(), DropReason::kTcpFlags},
      {"none", TcpPacket().Flags(0).Build(), DropReason::kTcpFlags},
      {"none but ECE and CWR", TcpPacket().Flags(0xc0).Build(), DropReason::kTcpFlags},
  });
}

TEST_CASE("a TCP header that does not fit its datagram is dropped", "[wire]") {
  CheckDropped({
      {"19 bytes", TcpPacket().Syn().SegmentCutTo(19).Build(), DropReason::kTcpHeader},
      {"19 bytes, padded", TcpPacket().Syn().SegmentCutTo(19).PaddedTo(60).Build(),
       DropReason::kTcpHeader},
      {"no bytes", TcpPacket().Syn().SegmentCutTo(0).Build(), DropReason::kTcpHeader},
      {"data offset 4", TcpPacket().Syn().DataOffset(4).Build(), DropReason::kTcpHeader},
      {"data offset 0", TcpPacket().Syn().DataOffset(0).Build(), DropReason::kTcpHeader},
      {"data offset a word beyond", TcpPacket().Syn().DataOffset(6).Build(),
       DropReason::kTcpHeader},
      {"data offset a byte beyond", TcpPacket().Syn().Payload("abc").DataOffset(6).Build(),
       DropReason::kTcpHeader},
      {"data offset into the padding", TcpPacket().Syn().DataOffset(6).PaddedTo(60).Build(),
       DropReason::kTcpHeader},
  });
  CHECK(Parse(TcpPacket().Syn().Payload("abcd").DataOffset(6).Build()).kind == PacketKind::kFlow);
}

TEST_CASE("a UDP header that does not fit its datagram is dropped", "[wire]") {
  CheckDropped({
      {"7 bytes", UdpPacket().SegmentCutTo(7).Build(), DropReason::kUdpHeader},
      {"7 bytes, padded", UdpPacket().SegmentCutTo(7).PaddedTo(60).Build(), DropReason::kUdpHeader},
      {"length 7", UdpPacket().Payload("abc").UdpLength(7).Build(), DropReason::kUdpHeader},
      {"length 0", UdpPacket().UdpLength(0).Build(), DropReason::kUdpHeader},
      {"length a byte beyond", UdpPacket().Payload("abc").UdpLength(12).Build(),
       DropReason::kUdpHeader},
      {"length into the padding", UdpPacket().UdpLength(9).PaddedTo(60).Build(),
       DropReason::kUdpHeader},
  });
}

TEST_CASE("an ICMP message without a whole header is dropped", "[wire]") {
  CheckDropped({{"7 bytes", EchoRequest().SegmentCutTo(7).Build(), DropReason::kIcmp},
                {"none", EchoRequest().SegmentCutTo(0).PaddedTo(60).Build(), DropReason::kIcmp}});
  CHECK(Parse(EchoRequest().SegmentCutTo(8).Build()).kind == PacketKind::kIcmp);
}

TEST_CASE("malformed ARP is dropped", "[wire]") {
  CheckDropped({
      {"a byte short", ArpRequest().TruncatedTo(41).Build(), DropReason::kArp},
      {"nothing after Ethernet", ArpRequest().TruncatedTo(14).Build(), DropReason::kArp},
      {"hardware type", ArpRequest().HardwareType(6).Build(), DropReason::kArp},
      {"protocol type", ArpRequest().ProtocolType(0x86dd).Build(), DropReason::kArp},
      {"hardware length", ArpRequest().AddressLengths(8, 4).Build(), DropReason::kArp},
      {"protocol length", ArpRequest().AddressLengths(6, 16).Build(), DropReason::kArp},
      {"operation 0", ArpBuilder(0).Build(), DropReason::kArp},
      {"operation 3", ArpBuilder(3).Build(), DropReason::kArp},
      {"a group for a sender", ArpRequest().SenderMac(kGroupMac).Build(), DropReason::kArp},
      {"everybody for a sender", ArpReply().SenderMac(kBroadcastMac).Build(), DropReason::kArp},
      {"nobody for a sender", ArpReply().SenderMac(MacAddress{}).Build(), DropReason::kArp},
  });
}

TEST_CASE("the first broken rule names the reason", "[wire]") {
  CheckDropped({
      {"header before checksum", TcpPacket().Ihl(4).IpChecksum(0).Build(), DropReason::kIpHeader},
      {"checksum before source", TcpPacket().From("127.0.0.1", 1).IpChecksum(0).Build(),
       DropReason::kIpChecksum},
      {"source before fragment", TcpPacket().From("127.0.0.1", 1).MoreFragments().Build(),
       DropReason::kMartianSource},
      {"header before flags", TcpPacket().Flags(0).DataOffset(4).Build(), DropReason::kTcpHeader},
  });
}

}  // namespace
}  // namespace holdfast
