// ICMP errors about a connection go to its target; those about our own packets to the management
// core; and packets that are too long are answered with one, or split.
#include <catch2/catch.hpp>

#include "datapath/flows.h"
#include "datapath/kernel_end.h"
#include "support/icmp_error_builder.h"
#include "support/test_eal.h"
#include "wire/headers.h"

namespace holdfast {
namespace {

constexpr const char* kRouter = "203.0.113.1";

// What the target of the client's connection from this port sent.
PacketBuilder AnswerTo(std::uint16_t port) {
  return TcpPacket().From("192.0.2.1", 80).To(kClient, port).Ack().Payload("page");
}
Frame ErrorAbout(std::uint16_t port) {
  return IcmpErrorFrom(kRouter).Type(3, 4).Rest(1400).QuoteCutTo(AnswerTo(port), 28).Build();
}
std::uint64_t Drops(TestAppliance& appliance, DropReason reason) {
  return appliance.counters().drops[reason].Read();
}
std::vector<PathMtuEvent> Heard(TestAppliance& appliance) {
  std::vector<PathMtuEvent> events(64);
  events.resize(appliance.path_mtu_events().Pop(events));
  return events;
}
void ForwardBy(TestAppliance& appliance, ForwardingMode mode) {
  for (ServiceView& service : appliance.parts.services) service.forwarding = mode;
  appliance.Publish();
}

TEST_CASE("P1: an ICMP error goes to the target of the connection that it is about", "[datapath]") {
  TestAppliance appliance;
  std::vector<std::string> targets;
  for (std::uint16_t port = 40000; port < 40020; ++port)
    targets.push_back(appliance.Where(Syn(port)));
  appliance.weights = {0, 0, 0};
  appliance.Publish();
  for (std::uint16_t port = 40000; port < 40020; ++port)
    CHECK(appliance.Where(ErrorAbout(port)) == targets[port - 40000U]);
  CHECK(appliance.AllAccounted());
}

TEST_CASE("P5: an error about an unknown connection goes by the ring, and makes no entry",
          "[datapath]") {
  TestAppliance appliance;
  for (std::uint16_t port = 40000; port < 40020; ++port)
    CHECK(appliance.Where(ErrorAbout(port)) == appliance.OnRing(WebFlow(port)));
  CHECK(appliance.connections().size() == 0);
  CHECK(appliance.counters().services[Index(kWeb)].requests[Decision::kBalanced].Read() == 0);
  appliance.StartAffinity(ClientAt(kWeb), Target(1));
  CHECK(appliance.Where(ErrorAbout(40100)) == "web-2");
}

TEST_CASE("P5: an error that comes to another worker finds the connection", "[datapath]") {
  TestAppliance appliance({.workers = 2});
  const std::string target = appliance.Where(Syn(40000), 0);
  appliance.weights = {0, 0, 0};
  appliance.Publish();
  CHECK(appliance.Where(ErrorAbout(40000), 1) == target);
  CHECK(appliance.connections(1).size() + appliance.connections(1).copies() == 0);
}

TEST_CASE("an error changes nothing in the connection", "[datapath]") {
  TestAppliance appliance;
  appliance.Turn({Syn(40000)});
  appliance.Advance(29);  // of 30 s for an unfinished one
  CHECK(!appliance.Where(ErrorAbout(40000)).empty());
  appliance.Advance(10);
  appliance.weights = {0, 0, 0};
  appliance.Publish();
  CHECK(appliance.Where(Syn(40000)) == "client");  // a new request, which nobody takes
}

TEST_CASE("P6: an error without a target is not answered", "[datapath]") {
  TestAppliance appliance;
  appliance.weights = {0, 0, 0};
  appliance.Publish();
  CHECK(appliance.Turn({ErrorAbout(40000)}).empty());
  CHECK(Drops(appliance, DropReason::kNoTarget) == 1);
}

TEST_CASE("forged errors are dropped under their name", "[datapath]") {
  TestAppliance appliance;
  // About a packet of another sender, or of no service, or that proves nothing.
  const PacketBuilder other = TcpPacket().From("192.0.2.77", 80).To(kClient, 40000).Ack();
  CHECK(appliance.Turn({IcmpErrorFrom(kRouter).To("192.0.2.1").Quote(other).Build()}).empty());
  CHECK(Drops(appliance, DropReason::kIcmpForged) == 1);
  const PacketBuilder no_service = TcpPacket().From("192.0.2.1", 81).To(kClient, 40000).Ack();
  CHECK(appliance.Turn({IcmpErrorFrom(kRouter).Quote(no_service).Build()}).empty());
  CHECK(Drops(appliance, DropReason::kNoService) == 1);
  CHECK(appliance.Turn({IcmpErrorFrom(kRouter).Checksum(1).Quote(AnswerTo(1)).Build()}).empty());
  CHECK(appliance.Turn({IcmpErrorFrom(kRouter).QuoteCutTo(AnswerTo(1), 23).Build()}).empty());
  CHECK(Drops(appliance, DropReason::kIcmp) == 2);
  CHECK(appliance.AllAccounted());
}

TEST_CASE("RFC 2003, 5: a router's word on the way to a target is passed on", "[datapath]") {
  TestAppliance appliance;
  ForwardBy(appliance, ForwardingMode::kIpip);
  const auto sent = appliance.Turn({Syn(40000)});
  REQUIRE(sent.size() == 1);
  const Frame outer(sent[0].begin() + 14, sent[0].end());
  const IpAddress target = appliance.parts.targets[appliance.RingSlot(WebFlow(40000))].address;

  CHECK(
      appliance.Turn({IcmpErrorFrom("10.0.0.254").Type(3, 4).Rest(1300).QuoteBytes(outer).Build()})
          .empty());
  const auto heard = Heard(appliance);
  REQUIRE(heard.size() == 1);
  CHECK(heard[0].target == target);
  CHECK(heard[0].mtu == 1300);
  CHECK(appliance.counters().local[LocalPacket::kTunnelError].Read() == 1);
  // Other errors about it say nothing of its length.
  appliance.Turn({IcmpErrorFrom("10.0.0.254").Type(11).QuoteBytes(outer).Build()});
  CHECK(Heard(appliance).empty());
  CHECK(appliance.AllAccounted());
}

TEST_CASE("RFC 2003, 5: a router's word is passed on where the kernel has the errors, too",
          "[datapath]") {
  TestAppliance appliance({.kernel_rate = 1000});
  ForwardBy(appliance, ForwardingMode::kIpip);
  const auto sent = appliance.Turn({Syn(40000)});
  REQUIRE(sent.size() == 1);
  const Frame outer(sent[0].begin() + 14, sent[0].end());
  const Frame word =
      IcmpErrorFrom("10.0.0.254").Type(3, 4).Rest(1300).QuoteBytes(outer).To("10.0.0.1").Build();
  CHECK(appliance.Turn({word}).empty());
  CHECK(Heard(appliance).size() == 1);
  CHECK(KernelGets(appliance) == std::vector<Frame>{word});
  CHECK(appliance.counters().local[LocalPacket::kKernel].Read() == 1);

  // Not about a packet of the address that it was sent to: a matter of the kernel's alone.
  const Frame forged = IcmpErrorFrom("10.0.0.254")
                           .Type(3, 4)
                           .Rest(1300)
                           .Quote(TcpPacket().From("192.0.2.77", 80).To(kClient, 1).IpProtocol(4))
                           .To("10.0.0.1")
                           .Build();
  CHECK(appliance.Turn({forged}).empty());
  CHECK(Heard(appliance).empty());
  CHECK(appliance.AllAccounted());
}

PacketBuilder Long(std::size_t length) {
  return FromPort(40000).Ack().Payload(std::string(length - 40, 'x'));
}

TEST_CASE("too long for the way, and not to be split: the sender is told (RFC 1191)",
          "[datapath]") {
  TestAppliance appliance;
  ForwardBy(appliance, ForwardingMode::kIpip);
  appliance.Turn({Syn(40000)});
  CHECK(appliance.Turn({Long(1480).DontFragment().Build()}).size() == 1);
  const auto told = appliance.Turn({Long(1481).DontFragment().Build()});
  REQUIRE(told.size() == 1);
  CHECK(appliance.DestinationOf(told[0]) == "client");
  CHECK(told[0][23] == 1);
  CHECK(Frame(told[0].begin() + 34, told[0].begin() + 36) == Frame{3, 4});
  CHECK(Load<BigEndian32>(told[0].data() + 38).value() == 1480);
  CHECK(ReferenceChecksum(Frame(told[0].begin() + 34, told[0].end())) == 0);
  CHECK(Drops(appliance, DropReason::kOversized) == 1);
  CHECK(appliance.counters().replies[Reply::kPacketTooBig].Read() == 1);

  // A router had said less.
  appliance.path_mtus.Set(appliance.RingSlot(WebFlow(40000)), 1300);
  const auto lower = appliance.Turn({Long(1281).DontFragment().Build()});
  REQUIRE(lower.size() == 1);
  CHECK(Load<BigEndian32>(lower[0].data() + 38).value() == 1280);
  CHECK(appliance.Turn({Long(1280).DontFragment().Build()})[0].size() == 14 + 1300);
  CHECK(appliance.AllAccounted());
}

TEST_CASE("too long for the way, and may be split: it goes in pieces (RFC 791)", "[datapath]") {
  for (const ForwardingMode mode : {ForwardingMode::kIpip, ForwardingMode::kGue}) {
    TestAppliance appliance;
    ForwardBy(appliance, mode);
    appliance.Turn({Syn(40000)});
    const auto pieces = appliance.Turn({Long(1500).Build(), Long(1500).Build()});
    REQUIRE(pieces.size() == 4);
    for (const Frame& piece : pieces) {
      CHECK(piece.size() <= 1514);
      CHECK(appliance.DestinationOf(piece) == appliance.OnRing(WebFlow(40000)));
    }
    CHECK(appliance.counters().replies[Reply::kFragment].Read() == 2);
    CHECK(appliance.AllAccounted());
  }
}

}  // namespace
}  // namespace holdfast
