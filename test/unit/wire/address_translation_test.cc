#include "wire/address_translation.h"

#include <catch2/catch.hpp>

#include "support/icmp_error_builder.h"
#include "wire/checksum.h"

namespace holdfast {
namespace {

constexpr std::size_t kIp = sizeof(EthernetHeader);

Ends EndsOf(std::string_view source, std::uint16_t source_port, std::string_view destination,
            std::uint16_t destination_port) {
  return {AddressNamed(source), AddressNamed(destination), source_port, destination_port};
}

// What a client sends, and what its target gets of it.
struct Sides {
  Ends client;
  Ends target;
};
Sides Ipv4Sides() {
  return {EndsOf("198.51.100.7", 40000, "192.0.2.1", 80),
          EndsOf("10.0.0.1", 16384, "10.0.0.11", 8080)};
}
Sides Ipv6Sides() {
  return {EndsOf("2001:db8::7", 40000, "2001:db8:1::1", 80),
          EndsOf("fd00::1", 16384, "fd00::b", 8080)};
}

PacketBuilder& Between(PacketBuilder& packet, const Ends& ends) {
  return packet.From(ends.source.ToString(), ends.source_port)
      .To(ends.destination.ToString(), ends.destination_port);
}
Frame Between(PacketBuilder packet, const Ends& ends, std::uint8_t ttl) {
  return Between(packet, ends).Ttl(ttl).Build();
}

PacketPlace PlaceIn(Frame& frame) {
  const ParsedPacket packet =
      ParseFrame({frame.data(), static_cast<std::uint32_t>(frame.size())}, kBalancerMac);
  REQUIRE(packet.kind != PacketKind::kDrop);
  const bool is_ipv4 = frame[kIp] >> 4 == 4;
  return {
      .ip = frame.data() + kIp,
      .is_ipv4 = is_ipv4,
      .protocol = static_cast<std::uint8_t>(static_cast<std::uint8_t>(packet.key.protocol) & 0x7f),
      .upper = packet.l4_offset - kIp};
}

Frame Translated(Frame frame, const Ends& before, const Ends& after) {
  const PacketPlace place = PlaceIn(frame);
  REQUIRE(SpendHop(place));
  SetEnds(place, after, EndsDifference::Between(before, after));
  return frame;
}

TEST_CASE("a packet that is translated is one that was made so (RFC 3022, RFC 1624)", "[wire]") {
  for (const Sides& sides : {Ipv4Sides(), Ipv6Sides()}) {
    for (const PacketBuilder& packet :
         {TcpPacket().Syn(), TcpPacket().Ack().Payload("odd"), TcpPacket().Fin().Ack(),
          UdpPacket().Payload("question"), UdpPacket()}) {
      const Frame sent = Between(packet, sides.client, 64);
      const Frame wanted = Between(packet, sides.target, 63);
      CHECK(Translated(sent, sides.client, sides.target) == wanted);
      // And back, with what the other way was made of.
      Frame back = Between(packet, sides.target.Back(), 64);
      const PacketPlace place = PlaceIn(back);
      REQUIRE(SpendHop(place));
      SetEnds(place, sides.client.Back(),
              EndsDifference::Between(sides.client, sides.target).Inverse());
      CHECK(back == Between(packet, sides.client.Back(), 63));
    }
  }
}

TEST_CASE("sums of any addresses and ports are right", "[wire]") {
  // A multiplier that visits words of all kinds, 0 and 0xffff among what they sum up to.
  std::uint32_t state = 1;
  const auto next = [&] { return state = state * 747796405U + 2891336453U; };
  for (int i = 0; i < 20'000; ++i) {
    const Ends before{IpAddress::FromV4(0x01000000 | (next() >> 8)), AddressNamed("192.0.2.1"),
                      static_cast<std::uint16_t>(next() >> 16), 53};
    const Ends after{AddressNamed("10.0.0.1"), IpAddress::FromV4(0x0a000000 | (next() >> 8)),
                     static_cast<std::uint16_t>(next() >> 16), 53};
    Frame frame = Between(UdpPacket().Payload("x"), before, 9);
    frame = Translated(frame, before, after);
    REQUIRE(frame == Between(UdpPacket().Payload("x"), after, 8));
  }
}

TEST_CASE("a UDP packet without a checksum stays without one (RFC 768)", "[wire]") {
  const Sides sides = Ipv4Sides();
  const PacketBuilder packet = UdpPacket().Payload("?").SegmentChecksum(0);
  CHECK(Translated(Between(packet, sides.client, 64), sides.client, sides.target) ==
        Between(packet, sides.target, 63));
}

TEST_CASE("IPv4 options are left as they are", "[wire]") {
  const Sides sides = Ipv4Sides();
  const PacketBuilder packet = TcpPacket().Ack().IpOptions({0x94, 4, 0, 0});
  CHECK(Translated(Between(packet, sides.client, 64), sides.client, sides.target) ==
        Between(packet, sides.target, 63));
}

TEST_CASE("a packet whose hop limit is used up is left alone", "[wire]") {
  for (const Sides& sides : {Ipv4Sides(), Ipv6Sides()}) {
    for (const std::uint8_t ttl : {0, 1}) {
      Frame frame = Between(TcpPacket().Ack(), sides.client, ttl);
      const Frame before = frame;
      CHECK_FALSE(SpendHop(PlaceIn(frame)));
      CHECK(frame == before);
    }
  }
}

TEST_CASE("a later fragment gets addresses, and no byte behind them changes", "[wire]") {
  const Sides sides = Ipv4Sides();
  const PacketBuilder packet = UdpPacket().Payload("rest of it").FragmentOffset(100);
  Frame frame = Between(packet, sides.client, 64);
  const Frame payload(frame.begin() + kIp + 20, frame.end());
  PacketPlace place{.ip = frame.data() + kIp, .is_ipv4 = true};
  SetAddresses(place, sides.target, EndsDifference::Between(sides.client, sides.target));
  const auto header = Load<Ipv4Header>(frame.data() + kIp);
  CHECK(header.source.value() == sides.target.source.V4());
  CHECK(header.destination.value() == sides.target.destination.V4());
  CHECK(ChecksumOf(frame.data() + kIp, 20) == BigEndian16());
  CHECK(Frame(frame.begin() + kIp + 20, frame.end()) == payload);
}

// The error, as it is after the balancer.
Frame TranslatedError(Frame frame, const Sides& sides, const IpAddress& source,
                      const IpAddress& destination) {
  const FrameView view{frame.data(), static_cast<std::uint32_t>(frame.size())};
  const ParsedPacket parsed = ParseFrame(view, kBalancerMac);
  const auto error = ParseIcmpError(view, parsed);
  REQUIRE(error);
  const PacketPlace place{.ip = frame.data() + kIp,
                          .is_ipv4 = parsed.kind == PacketKind::kIcmp,
                          .upper = parsed.l4_offset - kIp};
  SetEndsOfError(place, parsed.l3_length, *error, sides.target.Back(),
                 EndsDifference::Between(sides.client.Back(), sides.target.Back()), source,
                 destination);
  return frame;
}

TEST_CASE("an ICMP error says to the target what it says to the client (RFC 5508)", "[wire]") {
  for (const Sides& sides : {Ipv4Sides(), Ipv6Sides()}) {
    const bool is_ipv4 = sides.client.source.IsV4();
    const std::string router = is_ipv4 ? "203.0.113.1" : "2001:db8:9::1";
    const std::size_t ip_header = is_ipv4 ? 20 : 40;
    // A router need not quote more than eight bytes behind the IP header.
    for (const std::size_t quoted : {ip_header + 8, ip_header + 20, std::size_t{65535}}) {
      for (const PacketBuilder& packet :
           {TcpPacket().Ack().Payload("page"), UdpPacket().Payload("answer")}) {
        CAPTURE(is_ipv4, quoted);
        PacketBuilder reply = packet;
        PacketBuilder inside = packet;
        const auto error = [&](PacketBuilder& about, const Ends& ends) {
          return IcmpErrorFrom(router)
              .Type(is_ipv4 ? 3 : 2, is_ipv4 ? 4 : 0)
              .Rest(1400)
              .QuoteCutTo(Between(about, ends), quoted)
              .Build();
        };
        const Frame wanted = error(inside, sides.target.Back());
        CHECK(TranslatedError(error(reply, sides.client.Back()), sides, AddressNamed(router),
                              sides.target.destination) == wanted);
      }
    }
  }
}

// A SYN with these options, and what becomes of it with this limit.
Frame Syn(const Frame& options) { return TcpPacket().Syn().TcpOptions(options).Build(); }
Frame Limited(const Frame& options, std::uint16_t most) {
  Frame frame = Syn(options);
  LimitMss(frame.data() + kIp + 20, 20 + options.size(), most);
  return frame;
}

TEST_CASE("a SYN announces no longer segments than fit (RFC 9293, 3.7.1)", "[wire]") {
  CHECK(Limited({2, 4, 0x05, 0xb4}, 1440) == Syn({2, 4, 0x05, 0xa0}));
  CHECK(Limited({2, 4, 0x05, 0xb4}, 1460) == Syn({2, 4, 0x05, 0xb4}));
  CHECK(Limited({2, 4, 0x02, 0x18}, 1460) == Syn({2, 4, 0x02, 0x18}));
  // Across two words of the checksum.
  CHECK(Limited({1, 2, 4, 0x05, 0xb4, 1, 1, 0}, 1000) == Syn({1, 2, 4, 0x03, 0xe8, 1, 1, 0}));
  CHECK(Limited({1, 1, 4, 2, 2, 4, 0x05, 0xb4}, 1000) == Syn({1, 1, 4, 2, 2, 4, 0x03, 0xe8}));
}

TEST_CASE("options that are malformed stay as they are", "[wire]") {
  for (const Frame& options :
       {Frame{0, 2, 4, 0x05}, Frame{2, 4, 0x05, 0xb4, 3, 0, 0, 0}, Frame{8, 0, 2, 4},
        Frame{8, 1, 2, 4}, Frame{1, 1, 1, 2}, Frame{1, 1, 2, 4}, Frame{2, 3, 5, 0}, Frame{}}) {
    const bool has_mss_first = options.size() > 4 && options[0] == 2;
    if (!has_mss_first) CHECK(Limited(options, 100) == Syn(options));
  }
}

}  // namespace
}  // namespace holdfast
