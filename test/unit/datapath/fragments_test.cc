// All fragments of a datagram reach the same target: the first one decides.
#include <catch2/catch.hpp>

#include "datapath/flows.h"
#include "support/test_eal.h"

namespace holdfast {
namespace {

// Three fragments of a datagram for "dns".
struct Datagram {
  std::uint16_t port = 40000;
  std::uint16_t id = 7;

  [[nodiscard]] PacketBuilder Piece() const {
    return UdpPacket().From(kClient, port).To("192.0.2.1", 53).IpId(id);
  }
  [[nodiscard]] Frame First() const {
    return Piece().Payload(std::string(1000, 'a')).UdpLength(2600).MoreFragments().Build();
  }
  // No ports: what looks like a UDP header are bytes of the payload.
  [[nodiscard]] Frame Middle() const {
    return Piece().Payload(std::string(1000, 'b')).MoreFragments().FragmentOffset(126).Build();
  }
  [[nodiscard]] Frame Last() const {
    return Piece().Payload(std::string(576, 'c')).FragmentOffset(252).Build();
  }
};

std::vector<std::string> Destinations(const TestAppliance& appliance,
                                      const std::vector<Frame>& sent) {
  std::vector<std::string> destinations;
  for (const Frame& frame : sent) destinations.push_back(appliance.DestinationOf(frame));
  return destinations;
}
std::uint64_t FragmentDrops(TestAppliance& appliance) {
  return appliance.counters().drops[DropReason::kFragment].Read();
}

TEST_CASE("fragments go where the first one goes, in whatever order they come", "[datapath]") {
  TestAppliance appliance;
  for (std::uint16_t i = 0; i < 30; ++i) {
    const Datagram datagram{.port = static_cast<std::uint16_t>(40000 + i), .id = i};
    std::vector<Frame> frames = {datagram.First(), datagram.Middle(), datagram.Last()};
    std::rotate(frames.begin(), frames.begin() + i % 3, frames.end());
    const auto sent = appliance.Turn(frames);
    CAPTURE(i);
    CHECK(Destinations(appliance, sent) ==
          std::vector<std::string>(3, appliance.OnRing(DnsFlow(datagram.port))));
  }
  CHECK(FragmentDrops(appliance) == 0);
  // Later fragments are no connections, and no requests.
  CHECK(appliance.connections().size() == 30);
  CHECK(appliance.AllAccounted());
}

TEST_CASE("a later fragment waits for its first one, but not for ever", "[datapath]") {
  TestAppliance appliance;
  const Datagram datagram;
  CHECK(appliance.Turn({datagram.Last(), datagram.Middle()}).empty());
  CHECK(appliance.Turn({datagram.First()}).size() == 3);

  const Datagram lost{.id = 8};
  CHECK(appliance.Turn({lost.Middle()}).empty());
  CHECK(FragmentDrops(appliance) == 0);
  appliance.Advance(1);
  CHECK(appliance.Turn({}).empty());
  CHECK(FragmentDrops(appliance) == 1);
  CHECK(appliance.AllAccounted());
}

TEST_CASE("those that wait are bounded, the others are dropped", "[datapath]") {
  TestAppliance appliance;
  for (std::uint16_t id = 100; id < 100 + 300; ++id)
    CHECK(appliance.Turn({Datagram{.id = id}.Middle()}).empty());
  CHECK(FragmentDrops(appliance) == 300 - Fragments::kWaiting);
  appliance.Advance(1);
  appliance.Turn({});
  CHECK(FragmentDrops(appliance) == 300);
  CHECK(appliance.AllAccounted());
}

TEST_CASE("P5: fragments that come to another worker follow the first one, too", "[datapath]") {
  TestAppliance appliance({.workers = 2});
  const Datagram datagram;
  CHECK(appliance.Turn({datagram.Middle()}, 1).empty());
  const auto first = appliance.Turn({datagram.First()}, 0);
  REQUIRE(first.size() == 1);
  const auto rest = appliance.Turn({datagram.Last()}, 1);
  CHECK(Destinations(appliance, rest) ==
        std::vector<std::string>(2, appliance.DestinationOf(first[0])));
  CHECK(appliance.AllAccounted(1));
}

TEST_CASE("P2: a held client's fragments go to the owner", "[datapath]") {
  TestAppliance appliance;
  for (const std::size_t owner : {0, 1, 2}) {
    appliance.StartAffinity(ClientAt(kDns), Target(owner));
    const Datagram datagram{.port = static_cast<std::uint16_t>(41000 + owner),
                            .id = static_cast<std::uint16_t>(owner)};
    const auto sent = appliance.Turn({datagram.Last(), datagram.First()});
    CHECK(Destinations(appliance, sent) ==
          std::vector<std::string>(2, appliance.parts.targets[owner].name));
  }
}

TEST_CASE("P7: fragments of a removed target's datagram do not reach who follows it",
          "[datapath]") {
  TestAppliance appliance;
  const Datagram datagram;
  const auto first = appliance.Turn({datagram.First()});
  REQUIRE(first.size() == 1);
  const std::size_t slot = appliance.RingSlot(DnsFlow(datagram.port));
  appliance.parts.targets[slot].handle = Target(slot).NextGeneration();
  appliance.parts.targets[slot].name = "new";
  appliance.Publish();
  CHECK(appliance.Turn({datagram.Middle()}).empty());
  CHECK(appliance.counters().drops[DropReason::kNoTarget].Read() == 1);
}

TEST_CASE("hostile fragments: tiny, overlapping the header, beyond the end, of ICMP",
          "[datapath]") {
  TestAppliance appliance;
  const auto tcp = TcpPacket().From(kClient, 40000).To("192.0.2.1", 80);
  // RFC 1858, RFC 3128.
  CHECK(appliance.Turn({PacketBuilder(tcp).Syn().MoreFragments().SegmentCutTo(8).Build()}).empty());
  CHECK(appliance.Turn({PacketBuilder(tcp).Syn().FragmentOffset(1).Build()}).empty());
  CHECK(appliance.Turn({Datagram().Piece().Payload("x").FragmentOffset(8191).Build()}).empty());
  CHECK(appliance.Turn({EchoRequest().MoreFragments().Payload("12345678").Build()}).empty());
  CHECK(FragmentDrops(appliance) == 3);
  CHECK(appliance.counters().drops[DropReason::kTcpHeader].Read() == 1);
  CHECK(appliance.AllAccounted());
}

}  // namespace
}  // namespace holdfast
