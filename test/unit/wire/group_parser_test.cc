// Packets sixteen at a time, by every instruction set that this processor has: the same
// answers as one by one.
#include "wire/group_parser.h"

#include <array>
#include <catch2/catch.hpp>
#include <random>
#include <vector>

#include "support/packet_builder.h"
#include "wire/ordinary_ipv6.h"

namespace holdfast {
namespace {

// Sixteen frames, each in a buffer that is longer: what is behind a frame is noise.
class Group {
 public:
  template <typename Make>
  Group(std::mt19937& random, Make&& make) {
    for (std::size_t i = 0; i < kGroup; ++i) {
      const Frame frame = make(i);
      lengths_[i] = static_cast<std::uint32_t>(frame.size());
      buffers_[i] = frame;
      while (buffers_[i].size() < kGroupReads)
        buffers_[i].push_back(static_cast<std::uint8_t>(random()));
      data_[i] = buffers_[i].data();
    }
  }
  [[nodiscard]] FrameGroups frames() const { return {data_.data(), lengths_.data(), kGroup}; }
  [[nodiscard]] FrameView frame(std::size_t i) const { return {data_[i], lengths_[i]}; }

 private:
  std::array<Frame, kGroup> buffers_;
  std::array<const std::uint8_t*, kGroup> data_{};
  std::array<std::uint32_t, kGroup> lengths_{};
};

// What the group's parser says, once it was compared with what is said one by one.
std::uint64_t ParseAlike(const GroupParser& parser, const Group& group, bool known_good) {
  const OwnMac mac(kBalancerMac);
  alignas(64) std::array<Ipv4Tuple, kGroup> tuples;
  std::array<SegmentFlags, kGroup> segments;
  IpipCompletions ipip;
  IpipCompletions expected;
  const std::uint32_t ordinary =
      parser.parse(group.frames(), mac, known_good, {tuples.data(), segments.data(), &ipip});
  for (std::size_t i = 0; i < kGroup; ++i) {
    Ipv4Tuple tuple;
    SegmentFlags segment;
    INFO(parser.name << ", packet " << i);
    REQUIRE((ordinary >> i & 1) ==
            (ParseOrdinary(group.frame(i), mac, known_good, tuple, segment) ? 1 : 0));
    if ((ordinary >> i & 1) == 0) continue;
    REQUIRE(tuples[i] == tuple);
    REQUIRE(segments[i] == segment);
    expected.Complete(i, group.frame(i).data);
    REQUIRE(ipip.first_words[i] == expected.first_words[i]);
    REQUIRE(ipip.sums[i] == expected.sums[i]);
    REQUIRE(ipip.lengths[i] == expected.lengths[i]);
  }
  REQUIRE(ordinary >> kGroup == 0);
  return ordinary;
}

Frame Numbered(std::size_t i) {
  const std::string client = "198.51.100." + std::to_string(i + 1);
  const auto port = static_cast<std::uint16_t>(40'000 + 257 * i);
  switch (i % 4) {
    case 0:
      return TcpPacket().From(client, port).To("192.0.2.1", 80).Syn().PaddedTo(60).Build();
    case 1:
      return TcpPacket().From(client, port).To("192.0.2.2", 443).Ack().Payload("x").Build();
    case 2:
      return UdpPacket().From(client, port).To("192.0.2.3", 53).Payload("q").PaddedTo(60).Build();
    default:
      return TcpPacket().From(client, port).To("192.0.2.4", 81).Rst().PaddedTo(60).Build();
  }
}

TEST_CASE("sixteen ordinary packets are parsed as one by one, with every instruction set",
          "[wire]") {
  std::mt19937 random(2026);
  const Group group(random, Numbered);
  for (const GroupParser& parser : GroupParsers()) {
    CHECK(ParseAlike(parser, group, false) == 0xffff);
    CHECK(ParseAlike(parser, group, true) == 0xffff);
  }
}

TEST_CASE("one packet that is not ordinary is told by its place", "[wire]") {
  std::mt19937 random(2026);
  const std::vector<Frame> strange = {
      {},
      Frame(13, 0xff),
      TcpPacket().Ack().Flags(0).PaddedTo(60).Build(),
      TcpPacket().Syn().Fin().PaddedTo(60).Build(),
      TcpPacket().Ack().IpChecksum(0xdead).PaddedTo(60).Build(),
      TcpPacket().Ack().EtherType(0x88cc).PaddedTo(60).Build(),
      TcpPacket().Macs(kClientMac, kClientMac).Ack().PaddedTo(60).Build(),
      TcpPacket().Macs(kBalancerMac, kBalancerMac).Ack().PaddedTo(60).Build(),
      UdpPacket().UdpLength(7).PaddedTo(60).Build(),
      UdpPacket().UdpLength(1000).PaddedTo(60).Build(),
      ArpRequest().From("10.0.0.2").To("10.0.0.1").Build()};
  for (const Frame& frame : strange) {
    for (std::size_t place = 0; place < kGroup; ++place) {
      const Group group(random, [&](std::size_t i) { return i == place ? frame : Numbered(i); });
      for (const GroupParser& parser : GroupParsers())
        CHECK(ParseAlike(parser, group, false) == (0xffffU ^ 1U << place));
    }
  }
}

// What the group's parser says of IPv6, once it was compared with what is said one by one.
std::uint64_t ParseIpv6Alike(const GroupParser& parser, const Group& group) {
  const OwnMac mac(kBalancerMac);
  alignas(64) std::array<Ipv4Tuple, kGroup> tuples;
  std::array<SegmentFlags, kGroup> segments;
  std::array<IpAddress, kGroup> clients;
  std::array<IpAddress, kGroup> vips;
  IpipCompletions ipip;
  IpipCompletions expected;
  const std::uint64_t ordinary = parser.parse_ipv6(
      group.frames(), mac, {tuples.data(), segments.data(), &ipip, clients.data(), vips.data()});
  for (std::size_t i = 0; i < kGroup; ++i) {
    FlowKey key;
    SegmentFlags segment;
    INFO(parser.name << ", packet " << i);
    REQUIRE((ordinary >> i & 1) == (ParseOrdinaryIpv6(group.frame(i), mac, key, segment) ? 1 : 0));
    if ((ordinary >> i & 1) == 0) continue;
    REQUIRE(tuples[i] == Ipv4Tuple::InPlaceOf(key));
    REQUIRE(tuples[i].KeyWith(clients[i], vips[i]) == key);
    REQUIRE(segments[i] == segment);
    expected.CompleteIpv6(i, group.frame(i).data);
    REQUIRE(ipip.first_words[i] == expected.first_words[i]);
    REQUIRE(ipip.sums[i] == expected.sums[i]);
    REQUIRE(ipip.lengths[i] == expected.lengths[i]);
  }
  REQUIRE(ordinary >> kGroup == 0);
  return ordinary;
}

Frame NumberedIpv6(std::size_t i) {
  const std::string client = "2001:db8::" + std::to_string(i + 1);
  const auto port = static_cast<std::uint16_t>(40'000 + 257 * i);
  const auto tos = static_cast<std::uint8_t>(17 * i);
  switch (i % 3) {
    case 0:
      return TcpPacket().From(client, port).To("2001:db8:1::1", 80).Tos(tos).Syn().Build();
    case 1:
      return TcpPacket().From(client, port).To("2001:db8:1::2", 443).Ack().Payload("x").Build();
    default:
      return UdpPacket().From(client, port).To("2001:db8:1::3", 53).Tos(tos).Payload("q").Build();
  }
}

// One to three bits turned, at any place of the headers.
Frame Damaged(Frame frame, std::mt19937& random) {
  for (unsigned times = random() % 4; times != 0; --times)
    frame[random() % frame.size()] ^= static_cast<std::uint8_t>(1U << random() % 8);
  if (random() % 8 == 0) frame.resize(random() % (frame.size() + 1));
  return frame;
}

TEST_CASE("damaged packets are judged alike, with every instruction set", "[wire]") {
  std::mt19937 random(2026);
  std::uint64_t ordinary = 0;
  constexpr int kGroups = 20'000;
  for (int i = 0; i < kGroups; ++i) {
    const Group group(random, [&](std::size_t n) { return Damaged(Numbered(n), random); });
    for (const GroupParser& parser : GroupParsers())
      ordinary +=
          static_cast<unsigned>(__builtin_popcountll(ParseAlike(parser, group, i % 2 == 0)));
  }
  const auto judged = kGroups * kGroup * GroupParsers().size();
  CHECK(ordinary > judged / 8);
  CHECK(ordinary < judged * 7 / 8);
}

TEST_CASE("IPv6: sixteen packets are judged as one by one, with every instruction set", "[wire]") {
  std::mt19937 random(2026);
  const std::vector<Frame> strange = {
      {},
      Frame(13, 0xff),
      Numbered(0),
      TcpPacket().From("::1", 1).To("2001:db8:1::1", 80).Ack().Build(),
      TcpPacket().From("2001:db8::1", 1).To("::5", 80).Ack().Build(),
      TcpPacket().From("2001:db8::1", 1).To("2001:db8:1::1", 80).Flags(0).Build(),
      TcpPacket()
          .From("2001:db8::1", 1)
          .To("2001:db8:1::1", 80)
          .Macs(kBalancerMac, kBalancerMac)
          .Ack()
          .Build(),
      UdpPacket().From("2001:db8::1", 1).To("2001:db8:1::1", 53).UdpLength(1000).Build()};
  for (const GroupParser& parser : GroupParsers()) {
    CHECK(ParseIpv6Alike(parser, Group(random, NumberedIpv6)) == 0xffff);
    for (const Frame& frame : strange)
      for (std::size_t place = 0; place < kGroup; ++place)
        CHECK(ParseIpv6Alike(parser, Group(random, [&](std::size_t i) {
                               return i == place ? frame : NumberedIpv6(i);
                             })) == (0xffffU ^ 1U << place));
  }
}

TEST_CASE("IPv6: damaged packets are judged alike, with every instruction set", "[wire]") {
  std::mt19937 random(2026);
  std::uint64_t ordinary = 0;
  constexpr int kGroups = 20'000;
  for (int i = 0; i < kGroups; ++i) {
    const Group group(random, [&](std::size_t n) { return Damaged(NumberedIpv6(n), random); });
    for (const GroupParser& parser : GroupParsers())
      ordinary += static_cast<unsigned>(__builtin_popcountll(ParseIpv6Alike(parser, group)));
  }
  const auto judged = kGroups * kGroup * GroupParsers().size();
  CHECK(ordinary > judged / 8);
  CHECK(ordinary < judged * 7 / 8);
}

}  // namespace
}  // namespace holdfast
