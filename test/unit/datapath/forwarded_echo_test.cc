// Pings of a VIP whose service has `echo: forward`: a target answers them.
#include <catch2/catch.hpp>

#include "datapath/flows.h"
#include "support/test_eal.h"
#include "wire/headers.h"

namespace holdfast {
namespace {

constexpr const char* kClientV6 = "2001:db8::7";
constexpr const char* kVipV6 = "2001:db8:1::1";
constexpr ServiceSlot kWebV6{2};

PacketBuilder PingPacket(std::uint16_t identifier, std::uint16_t sequence = 1) {
  return EchoRequest()
      .From(kClient)
      .To("192.0.2.1")
      .IcmpRest(std::uint32_t{identifier} << 16 | sequence);
}
Frame Ping(std::uint16_t identifier, std::uint16_t sequence = 1) {
  return PingPacket(identifier, sequence).Payload("ping").Build();
}
FlowKey PingFlow(std::uint16_t identifier) {
  FlowKey flow = WebFlow(identifier);
  flow.vip_port = 0;
  flow.protocol = Protocol::kIcmp;
  return flow;
}
PacketBuilder PingPacketV6(std::uint16_t identifier) {
  return EchoRequestV6().IcmpRest(std::uint32_t{identifier} << 16);
}

// Slot 2 is an IPv6 one; it and "web" take pings.
struct Fixture {
  Fixture() {
    ServiceView service = appliance.parts.services[Index(kWeb)];
    service.name = "web6";
    service.vip = AddressNamed(kVipV6);
    appliance.parts.services.push_back(service);
    SetEcho(true);
  }
  void SetEcho(bool takes) {
    appliance.parts.services[Index(kWeb)].takes_echo = takes;
    appliance.parts.services[Index(kWebV6)].takes_echo = takes;
    appliance.Publish();
  }
  void ForwardBy(ForwardingMode mode) {
    for (ServiceView& service : appliance.parts.services) service.forwarding = mode;
    appliance.Publish();
  }
  std::uint64_t Drops(DropReason reason) { return appliance.counters().drops[reason].Read(); }

  TestAppliance appliance;
};

TEST_CASE_METHOD(Fixture, "P5: a ping goes by the ring, all of a run to one target, unremembered",
                 "[datapath]") {
  std::vector<std::string> targets;
  for (std::uint16_t identifier = 1; identifier <= 64; ++identifier) {
    targets.push_back(appliance.Where(Ping(identifier)));
    CHECK(targets.back() == appliance.OnRing(PingFlow(identifier)));
    CHECK(appliance.Where(Ping(identifier, 2)) == targets.back());
  }
  for (const char* name : {"web-1", "web-2", "web-3"})
    CHECK(std::count(targets.begin(), targets.end(), name) > 5);
  CHECK(appliance.connections().size() == 0);
  CHECK(appliance.counters().services[Index(kWeb)].requests[Decision::kBalanced].Read() == 0);
  CHECK(appliance.counters().local[LocalPacket::kEchoRequest].Read() == 0);
  CHECK(appliance.AllAccounted());
}

TEST_CASE_METHOD(Fixture, "a ping goes on as it came, in every mode of direct return",
                 "[datapath]") {
  for (const Frame& ping : {Ping(7), PingPacketV6(7).Payload("ping").Build()}) {
    const Frame inner(ping.begin() + 14, ping.end());
    const std::size_t headers[] = {0, 20, 28};
    std::size_t next = 0;
    for (const auto mode : {ForwardingMode::kL2, ForwardingMode::kIpip, ForwardingMode::kGue}) {
      ForwardBy(mode);
      const auto sent = appliance.Turn({ping});
      REQUIRE(sent.size() == 1);
      CHECK(appliance.DestinationOf(sent[0]).starts_with("web-"));
      REQUIRE(sent[0].size() == ping.size() + headers[next]);
      CHECK(Frame(sent[0].end() - static_cast<std::ptrdiff_t>(inner.size()), sent[0].end()) ==
            inner);
      ++next;
    }
  }
  CHECK(appliance.AllAccounted());
}

TEST_CASE_METHOD(Fixture, "pings of an IPv6 VIP go to its targets", "[datapath]") {
  std::vector<std::string> targets;
  for (std::uint16_t identifier = 1; identifier <= 64; ++identifier) {
    FlowKey flow = PingFlow(identifier);
    flow.client = AddressNamed(kClientV6);
    flow.vip = AddressNamed(kVipV6);
    flow.protocol = Protocol::kIcmpV6;
    targets.push_back(appliance.Where(PingPacketV6(identifier).Build()));
    CHECK(targets.back() == appliance.OnRing(flow));
  }
  for (const char* name : {"web-1", "web-2", "web-3"})
    CHECK(std::count(targets.begin(), targets.end(), name) > 5);
  CHECK(appliance.AllAccounted());
}

TEST_CASE_METHOD(Fixture, "P2: a ping of a client with an affinity goes to its owner",
                 "[datapath]") {
  AffinityCell of_port = ClientAt(kWeb);
  of_port.client_port = 7;
  appliance.StartAffinity(of_port, Target(0));
  for (std::uint16_t identifier = 1; identifier <= 20; ++identifier)
    CHECK(appliance.Where(Ping(identifier)) == appliance.OnRing(PingFlow(identifier)));
  appliance.StartAffinity(ClientAt(kWeb), Target(1));
  for (std::uint16_t identifier = 1; identifier <= 20; ++identifier)
    CHECK(appliance.Where(Ping(identifier)) == "web-2");
}

TEST_CASE_METHOD(Fixture, "P6: a ping without a target is dropped as no_target, unanswered",
                 "[datapath]") {
  appliance.weights = {0, 0, 0};
  appliance.Publish();
  CHECK(appliance.Turn({Ping(7), PingPacketV6(7).Build()}).empty());
  CHECK(Drops(DropReason::kNoTarget) == 2);
  CHECK(appliance.AllAccounted());
}

TEST_CASE_METHOD(Fixture, "what is no good ping is dropped under its name", "[datapath]") {
  CHECK(appliance.Turn({PingPacket(7).SegmentChecksum(1).Build()}).empty());
  CHECK(appliance.Turn({PingPacketV6(7).SegmentChecksum(1).Build()}).empty());
  CHECK(appliance.Turn({PingPacket(7).IcmpType(0).Build()}).empty());
  CHECK(appliance.Turn({PingPacket(7).IcmpType(8, 1).Build()}).empty());
  CHECK(Drops(DropReason::kIcmp) == 4);
  CHECK(appliance.Turn({PingPacket(7).From("10.0.0.255").Build()}).empty());
  CHECK(appliance.Turn({PingPacket(7).From("10.0.0.1").Build()}).empty());
  CHECK(appliance.Turn({PingPacket(7).From("192.0.2.1").Build()}).empty());
  CHECK(Drops(DropReason::kMartianSource) == 3);
  CHECK(appliance.Turn({PingPacket(7).MoreFragments().Build()}).empty());
  CHECK(Drops(DropReason::kFragment) == 1);
  CHECK(appliance.AllAccounted());
}

TEST_CASE_METHOD(Fixture, "own addresses are answered all the same, and VIPs that do not say so",
                 "[datapath]") {
  CHECK(appliance.Where(PingPacket(7).To("10.0.0.1").Build()) == "client");
  SetEcho(false);
  CHECK(appliance.Where(Ping(7)) == "client");
  const auto answer = appliance.Turn({PingPacketV6(7).Build()});
  REQUIRE(answer.size() == 1);
  CHECK(answer[0][54] == kIcmpV6EchoReply);
  CHECK(appliance.counters().local[LocalPacket::kEchoRequest].Read() == 3);
}

TEST_CASE_METHOD(Fixture, "the most specific VIP decides who answers a ping", "[datapath]") {
  appliance.parts.services[Index(kWeb)].vip = Vip(IpPrefix::Parse("192.0.2.0/24").value());
  appliance.Publish();
  CHECK(appliance.Where(Ping(7)) == "client");  // that of "dns", 192.0.2.1
  CHECK(appliance.Where(PingPacket(7).To("192.0.2.2").Build()).starts_with("web-"));
  // Of several at one VIP, whichever takes pings.
  appliance.parts.services[Index(kDns)].takes_echo = true;
  appliance.Publish();
  appliance.StartAffinity(ClientAt(kDns), Target(2));
  for (std::uint16_t identifier = 1; identifier <= 20; ++identifier)
    CHECK(appliance.Where(Ping(identifier)) == "web-3");
}

}  // namespace
}  // namespace holdfast
