#include "wire/tcp_reset.h"

#include <catch2/catch.hpp>

#include "support/packet_builder.h"
#include "wire/headers.h"

namespace holdfast {
namespace {

FrameView ViewOf(const Frame& frame) {
  return {frame.data(), static_cast<std::uint32_t>(frame.size())};
}

Frame ResetFor(const PacketBuilder& offending) {
  const Frame segment = offending.Build();
  Frame reset(kLongestTcpReset, 0xab);
  reset.resize(WriteTcpReset(reset.data(), ViewOf(segment),
                             ParseFrame(ViewOf(segment), kBalancerMac), kBalancerMac));
  return reset;
}

struct ResetCase {
  const char* what;
  PacketBuilder offending;
  std::uint32_t sequence;
  std::uint32_t acknowledgment;
  std::uint8_t flags;
};

constexpr std::uint8_t kRstAck = kTcpRst | kTcpAck;

TEST_CASE("P6: a reset is what RFC 9293 3.10.7.1 wants for the segment", "[wire]") {
  const Frame options(8, 1);
  const ResetCase cases[] = {
      {"SYN", TcpPacket().Syn().Sequence(1000), 0, 1001, kRstAck},
      {"SYN with options", TcpPacket().Syn().Sequence(1000).TcpOptions(options), 0, 1001, kRstAck},
      {"SYN with payload", TcpPacket().Syn().Sequence(1000).Payload("abc"), 0, 1004, kRstAck},
      {"SYN after IP options", TcpPacket().Syn().Sequence(9).IpOptions(options), 0, 10, kRstAck},
      {"padded SYN", TcpPacket().Syn().Sequence(1000).PaddedTo(60), 0, 1001, kRstAck},
      {"FIN alone", TcpPacket().Fin().Sequence(1000).Payload("ab"), 0, 1003, kRstAck},
      {"PSH alone", TcpPacket().Flags(0x08).Sequence(1000).Payload("ab"), 0, 1002, kRstAck},
      {"SYN at the end of the sequence space", TcpPacket().Syn().Sequence(0xffffffff), 0, 0,
       kRstAck},
      {"ACK", TcpPacket().Ack().Sequence(7).Acknowledgment(555), 555, 0, kTcpRst},
      {"SYN+ACK", TcpPacket().Syn().Ack().Sequence(7).Acknowledgment(555), 555, 0, kTcpRst},
      {"FIN+ACK", TcpPacket().Fin().Ack().Acknowledgment(555).Payload("ab"), 555, 0, kTcpRst},
  };
  for (const ResetCase& each : cases) {
    INFO(each.what);
    const Frame reset = ResetFor(each.offending);
    REQUIRE(reset.size() == kMinimumFrame);
    const auto tcp = Load<TcpHeader>(reset.data() + 34);
    CHECK(tcp.sequence.value() == each.sequence);
    CHECK(tcp.acknowledgment.value() == each.acknowledgment);
    CHECK(tcp.flags == each.flags);
    CHECK(ReferenceChecksum(Frame(reset.begin() + 14, reset.begin() + 34)) == 0);
    CHECK(ReferenceSegmentChecksum(reset) == 0);
  }
}

TEST_CASE("a reset goes from the VIP to the client, and is a frame of its own", "[wire]") {
  const Frame reset =
      ResetFor(TcpPacket().From("198.51.100.7", 40000).To("192.0.2.1", 80).Syn().Ttl(3).Tos(0xff));
  const ParsedPacket packet = ParseFrame(ViewOf(reset), kClientMac);

  REQUIRE(packet.kind == PacketKind::kFlow);
  CHECK(packet.key.ToString() == "tcp 192.0.2.1:80 > 198.51.100.7:40000");
  CHECK(packet.segment == SegmentFlags{.rst = true, .ack = true});
  CHECK(packet.ttl == 64);
  CHECK(packet.l3_length == 40);
  CHECK(Load<EthernetHeader>(reset.data()).source == kBalancerMac);
  CHECK(Frame(reset.begin() + 54, reset.end()) == Frame(6, 0));
}

TEST_CASE("P6: no reset answers a RST, a fragment, a group or anything but TCP", "[wire]") {
  const MacAddress group{{0x03, 0, 0, 0, 0, 1}};
  CHECK(ResetFor(TcpPacket().Rst()).empty());
  CHECK(ResetFor(TcpPacket().Rst().Ack()).empty());
  CHECK(ResetFor(TcpPacket().Ack().FragmentOffset(4)).empty());
  CHECK(ResetFor(TcpPacket().Syn().Macs(group, kBalancerMac)).empty());
  CHECK(ResetFor(TcpPacket().Syn().From("255.255.255.255", 1)).empty());
  CHECK(ResetFor(TcpPacket().Syn().From("224.0.0.1", 1)).empty());
  CHECK(ResetFor(UdpPacket()).empty());
}

TEST_CASE("P6: a reset over IPv6", "[wire]") {
  const Frame segment = TcpPacket()
                            .From("2001:db8::7", 40000)
                            .To("2001:db8:1::1", 80)
                            .Syn()
                            .Sequence(1000)
                            .Extension(60, {0, 1, 4, 0, 0, 0, 0})
                            .Build();
  Frame reset(kLongestTcpReset);
  const FrameView view = ViewOf(segment);
  reset.resize(WriteTcpReset(reset.data(), view, ParseFrame(view, kBalancerMac), kBalancerMac));
  CHECK(reset == TcpPacket()
                     .Macs(kBalancerMac, kClientMac)
                     .From("2001:db8:1::1", 80)
                     .To("2001:db8::7", 40000)
                     .Sequence(0)
                     .Acknowledgment(1001)
                     .Flags(kRstAck)
                     .Window(0)
                     .Ttl(64)
                     .Build());
}

}  // namespace
}  // namespace holdfast
