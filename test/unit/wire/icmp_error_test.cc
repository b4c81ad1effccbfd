#include "wire/icmp_error.h"

#include <catch2/catch.hpp>

#include "support/icmp_error_builder.h"

namespace holdfast {
namespace {

std::optional<QuotedPacket> Quoted(const Frame& frame) {
  const FrameView view{frame.data(), static_cast<std::uint32_t>(frame.size())};
  const ParsedPacket packet = ParseFrame(view, kBalancerMac);
  if (packet.kind != PacketKind::kIcmp && packet.kind != PacketKind::kIcmpV6) return std::nullopt;
  return ParseIcmpError(view, packet);
}

// What a target sent to a client.
PacketBuilder Reply() {
  return TcpPacket().From("192.0.2.1", 80).To("198.51.100.7", 40000).Ack().Payload("page");
}
PacketBuilder ReplyV6() {
  return UdpPacket().From("2001:db8:1::1", 53).To("2001:db8::7", 40000).Payload("answer");
}

TEST_CASE("an ICMP error names the packet that it is about (RFC 792)", "[wire]") {
  for (const std::uint8_t type : {3, 11, 12}) {
    CAPTURE(type);
    const auto quoted = Quoted(IcmpErrorFrom("203.0.113.1").Type(type).Quote(Reply()).Build());
    REQUIRE(quoted);
    CHECK(quoted->source == AddressNamed("192.0.2.1"));
    CHECK(quoted->destination == AddressNamed("198.51.100.7"));
    CHECK(quoted->protocol == 6);
    CHECK(quoted->source_port == 80);
    CHECK(quoted->destination_port == 40000);
    CHECK_FALSE(quoted->is_too_big);
  }
}

TEST_CASE("an ICMPv6 error names the packet that it is about (RFC 4443)", "[wire]") {
  for (const std::uint8_t type : {1, 2, 3, 4}) {
    CAPTURE(type);
    const auto quoted =
        Quoted(IcmpErrorFrom("2001:db8:9::1").Type(type).Rest(1400).Quote(ReplyV6()).Build());
    REQUIRE(quoted);
    CHECK(quoted->source == AddressNamed("2001:db8:1::1"));
    CHECK(quoted->destination == AddressNamed("2001:db8::7"));
    CHECK(quoted->protocol == 17);
    CHECK(quoted->source_port == 53);
    CHECK(quoted->destination_port == 40000);
    CHECK(quoted->is_too_big == (type == 2));
    CHECK(quoted->mtu == (type == 2 ? 1400U : 0U));
  }
}

TEST_CASE("fragmentation needed says how long a packet may be (RFC 1191, 4)", "[wire]") {
  const auto quoted =
      Quoted(IcmpErrorFrom("203.0.113.1").Type(3, 4).Rest(1400).Quote(Reply()).Build());
  REQUIRE(quoted);
  CHECK(quoted->is_too_big);
  CHECK(quoted->mtu == 1400);
  CHECK_FALSE(Quoted(IcmpErrorFrom("203.0.113.1").Type(3, 1).Rest(1400).Quote(Reply()).Build())
                  ->is_too_big);
}

TEST_CASE("four bytes behind the quoted IP header are enough, fewer are not", "[wire]") {
  for (const auto& [from, inner, header] :
       {std::tuple("203.0.113.1", Reply(), 20), std::tuple("2001:db8:9::1", ReplyV6(), 40),
        std::tuple("203.0.113.1", Reply().IpOptions({1, 1, 1, 1}), 24)}) {
    const auto quote = [&, from = from, inner = inner](std::size_t length) {
      return Quoted(IcmpErrorFrom(from).Type(3).QuoteCutTo(inner, length).Build());
    };
    const auto whole = static_cast<std::size_t>(header);
    CHECK(quote(whole + 8));
    CHECK(quote(whole + 4));
    CHECK_FALSE(quote(whole + 3));
    CHECK_FALSE(quote(whole - 1));
    CHECK_FALSE(quote(0));
  }
}

TEST_CASE("what is no error, or says nothing of ports, names no packet", "[wire]") {
  CHECK_FALSE(Quoted(EchoRequest().Payload("0123456789012345678901234567").Build()));
  CHECK_FALSE(Quoted(IcmpErrorFrom("203.0.113.1").Type(5).Quote(Reply()).Build()));
  CHECK_FALSE(Quoted(IcmpErrorFrom("203.0.113.1").Type(3).Checksum(1).Quote(Reply()).Build()));
  CHECK_FALSE(
      Quoted(IcmpErrorFrom("203.0.113.1").Type(3).Quote(Reply().FragmentOffset(10)).Build()));
  CHECK_FALSE(Quoted(IcmpErrorFrom("203.0.113.1").Type(3).Quote(Reply().IpVersion(6)).Build()));
  CHECK_FALSE(Quoted(IcmpErrorFrom("203.0.113.1").Type(3).Quote(Reply().Ihl(15)).Build()));
  CHECK_FALSE(Quoted(IcmpErrorFrom("2001:db8:9::1").Type(1).Quote(Reply()).Build()));
}

}  // namespace
}  // namespace holdfast
