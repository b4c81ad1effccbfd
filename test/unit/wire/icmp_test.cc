#include "wire/icmp.h"

#include <catch2/catch.hpp>

#include "support/packet_builder.h"

namespace holdfast {
namespace {

FrameView ViewOf(const Frame& frame) {
  return {frame.data(), static_cast<std::uint32_t>(frame.size())};
}

bool IsValidEchoRequest(const Frame& frame) {
  return IsValidEchoRequest(ViewOf(frame), ParseFrame(ViewOf(frame), kBalancerMac));
}

Frame EchoReplyTo(Frame frame) {
  TurnIntoEchoReply(frame.data(), ParseFrame(ViewOf(frame), kBalancerMac), kBalancerMac);
  return frame;
}

Frame PortUnreachableFor(const Frame& offending, std::size_t capacity = kLongestIcmpError) {
  Frame frame(capacity);
  frame.resize(WritePortUnreachable(frame.data(), capacity, ViewOf(offending),
                                    ParseFrame(ViewOf(offending), kBalancerMac), kBalancerMac));
  return frame;
}

Frame Part(const Frame& frame, std::size_t from, std::size_t to) {
  return {frame.begin() + static_cast<std::ptrdiff_t>(from),
          frame.begin() + static_cast<std::ptrdiff_t>(to)};
}

TEST_CASE("only an echo request with a right checksum is one", "[wire]") {
  for (const char* payload : {"", "odd", "even"})
    CHECK(IsValidEchoRequest(EchoRequest().Payload(payload).PaddedTo(60).Build()));
  CHECK_FALSE(IsValidEchoRequest(EchoRequest().SegmentChecksum(0x1111).Build()));
  CHECK_FALSE(IsValidEchoRequest(EchoRequest().IcmpType(8, 1).Build()));
  CHECK_FALSE(IsValidEchoRequest(EchoRequest().IcmpType(0).Build()));
  CHECK_FALSE(IsValidEchoRequest(EchoRequest().IcmpType(3, 3).Build()));
}

TEST_CASE("P6: an echo request from a group MAC is not answered", "[wire]") {
  const MacAddress group{{0x03, 0, 0, 0, 0, 1}};
  CHECK_FALSE(IsValidEchoRequest(EchoRequest().Macs(group, kBalancerMac).Build()));
}

TEST_CASE("an echo reply goes back with the same content", "[wire]") {
  for (const Frame& options : {Frame{}, Frame{0x94, 4, 0, 0}}) {
    const auto request = EchoRequest().Payload("0123456789").Tos(0x10).IpOptions(options);
    const Frame reply = EchoReplyTo(PacketBuilder(request).PaddedTo(80).Build());

    // All checksums of the expected frame are the builder's own.
    CHECK(reply == PacketBuilder(request)
                       .Macs(kBalancerMac, kClientMac)
                       .From("192.0.2.1")
                       .To("198.51.100.7")
                       .IcmpType(0)
                       .Ttl(64)
                       .PaddedTo(80)
                       .Build());
  }
}

TEST_CASE("P6: a port unreachable comes from the VIP and quotes the datagram", "[wire]") {
  const Frame offending = UdpPacket().Payload("query").PaddedTo(60).Build();
  const Frame answer = PortUnreachableFor(offending);

  const std::size_t datagram = 20 + 8 + 5;
  REQUIRE(answer.size() == 14 + 20 + 8 + datagram);
  const ParsedPacket packet = ParseFrame(ViewOf(answer), kClientMac);
  REQUIRE(packet.kind == PacketKind::kIcmp);
  CHECK(packet.key.client.ToString() == "192.0.2.1");
  CHECK(packet.key.vip.ToString() == "198.51.100.7");
  CHECK(packet.ttl == 64);
  CHECK(answer[15] == 0xc0);
  CHECK(Part(answer, 34, 36) == Frame{3, 3});
  CHECK(Part(answer, 38, 42) == Frame{0, 0, 0, 0});
  CHECK(Part(answer, 42, answer.size()) == Part(offending, 14, 14 + datagram));
  CHECK(ReferenceChecksum(Part(answer, 14, 34)) == 0);
  CHECK(ReferenceChecksum(Part(answer, 34, answer.size())) == 0);
}

TEST_CASE("a port unreachable is never longer than 576 bytes of IP", "[wire]") {
  const Frame offending = UdpPacket().Payload(std::string(1400, 'x')).Build();
  const Frame answer = PortUnreachableFor(offending, 2048);
  CHECK(answer.size() == 14 + 576);
  CHECK(ReferenceChecksum(Part(answer, 34, answer.size())) == 0);
}

TEST_CASE("a port unreachable quotes less where room is short, and eight bytes at least",
          "[wire]") {
  const Frame offending = UdpPacket().Payload("query").IpOptions({1, 1, 1, 1}).Build();
  const std::size_t least = 14 + 20 + 8 + 24 + 8;
  CHECK(PortUnreachableFor(offending, least + 2).size() == least + 2);
  CHECK(PortUnreachableFor(offending, least).size() == least);
  CHECK(PortUnreachableFor(offending, least - 1).empty());
}

TEST_CASE("P6: only UDP from a single host gets a port unreachable", "[wire]") {
  const MacAddress group{{0x03, 0, 0, 0, 0, 1}};
  CHECK(PortUnreachableFor(TcpPacket().Syn().Build()).empty());
  CHECK(PortUnreachableFor(EchoRequest().Build()).empty());
  CHECK(PortUnreachableFor(UdpPacket().FragmentOffset(1).Build()).empty());
  CHECK(PortUnreachableFor(UdpPacket().Macs(group, kBalancerMac).Build()).empty());
}

TEST_CASE("ICMPv6: an echo reply goes back with the same content (RFC 4443, 4.2)", "[wire]") {
  CHECK_FALSE(IsValidEchoRequest(EchoRequestV6().SegmentChecksum(0x1111).Build()));
  CHECK_FALSE(IsValidEchoRequest(EchoRequestV6().IcmpType(8).Build()));
  for (const char* payload : {"", "odd", "0123456789"}) {
    const auto request = EchoRequestV6().Payload(payload).Tos(0x10);
    REQUIRE(IsValidEchoRequest(request.Build()));
    CHECK(EchoReplyTo(PacketBuilder(request).PaddedTo(90).Build()) ==
          PacketBuilder(request)
              .Macs(kBalancerMac, kClientMac)
              .From("2001:db8:1::1")
              .To("2001:db8::7")
              .IcmpType(129)
              .Ttl(64)
              .PaddedTo(90)
              .Build());
  }
}

TEST_CASE("P6: an ICMPv6 port unreachable quotes up to 1280 bytes (RFC 4443, 3.1)", "[wire]") {
  for (const std::size_t payload : {5, 1400}) {
    const Frame offending = UdpPacket()
                                .From("2001:db8::7", 4000)
                                .To("2001:db8:1::1", 53)
                                .Payload(std::string(payload, 'q'))
                                .Build();
    const Frame answer = PortUnreachableFor(offending);
    const std::size_t quote = std::min(offending.size() - 14, std::size_t{1232});
    REQUIRE(answer.size() == 14 + 40 + 8 + quote);
    const ParsedPacket packet = ParseFrame(ViewOf(answer), kClientMac);
    REQUIRE(packet.kind == PacketKind::kIcmpV6);
    CHECK(packet.key.client.ToString() == "2001:db8:1::1");
    CHECK(packet.key.vip.ToString() == "2001:db8::7");
    CHECK(Part(answer, 54, 56) == Frame{1, 4});
    CHECK(Part(answer, 62, answer.size()) == Part(offending, 14, 14 + quote));
    CHECK(HasGoodIcmpChecksum(ViewOf(answer), packet));
  }
}

}  // namespace
}  // namespace holdfast
