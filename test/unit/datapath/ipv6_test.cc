// The rows of P for IPv6, through a real worker: beside IPv4 in the same batch, and alone.
#include <catch2/catch.hpp>

#include "datapath/flows.h"
#include "support/test_eal.h"

namespace holdfast {
namespace {

constexpr const char* kClientV6 = "2001:db8::7";
constexpr const char* kVipV6 = "2001:db8:1::1";
constexpr ServiceSlot kWebV6{2};

PacketBuilder FromPortV6(std::uint16_t port) {
  return TcpPacket().From(kClientV6, port).To(kVipV6, 80);
}
Frame SynV6(std::uint16_t port) { return FromPortV6(port).Syn().Build(); }
Frame AckV6(std::uint16_t port) { return FromPortV6(port).Ack().Build(); }

FlowKey FlowV6(std::uint16_t port) {
  return {.client = AddressNamed(kClientV6),
          .vip = AddressNamed(kVipV6),
          .client_port = port,
          .vip_port = 80,
          .protocol = Protocol::kTcp};
}

class Fixture {
 public:
  explicit Fixture(std::size_t workers = 1) : appliance({.workers = workers}) {
    ServiceView service = appliance.parts.services[0];
    service.name = "web6";
    service.vip = AddressNamed(kVipV6);
    appliance.parts.services.push_back(service);
    appliance.Publish();
  }

  TestAppliance appliance;
};
class TwoWorkers : public Fixture {
 public:
  TwoWorkers() : Fixture(2) {}
};

TEST_CASE_METHOD(Fixture, "P4, P1: an IPv6 connection is balanced, then followed", "[datapath]") {
  std::vector<std::string> targets;
  for (std::uint16_t port = 40000; port < 40064; ++port) {
    const std::string target = appliance.Where(SynV6(port));
    CHECK(target == appliance.OnRing(FlowV6(port)));
    targets.push_back(target);
  }
  // All three, whatever the ring says now.
  CHECK(std::count(targets.begin(), targets.end(), "web-1") > 5);
  CHECK(std::count(targets.begin(), targets.end(), "web-2") > 5);
  appliance.weights = {0, 0, 100};
  appliance.Publish();
  for (std::uint16_t port = 40000; port < 40064; ++port)
    CHECK(appliance.Where(AckV6(port)) == targets[port - 40000U]);
  CHECK(appliance.connections().size() == 64);
  CHECK(appliance.AllAccounted());
}

TEST_CASE_METHOD(Fixture, "IPv6 and IPv4 in one batch do not mix", "[datapath]") {
  std::vector<Frame> syns;
  std::vector<Frame> acks;
  for (std::uint16_t port = 40000; port < 40060; ++port) {
    const bool is_v6 = port % 3 != 0;
    syns.push_back(is_v6 ? SynV6(port) : Syn(port));
    acks.push_back(is_v6 ? AckV6(port) : Ack(port));
  }
  const auto opened = appliance.Turn(syns);
  REQUIRE(opened.size() == syns.size());
  for (std::uint16_t port = 40000; port < 40060; ++port)
    CHECK(appliance.DestinationOf(opened[port - 40000U]) ==
          appliance.OnRing(port % 3 != 0 ? FlowV6(port) : WebFlow(port)));
  appliance.weights = {100, 0, 0};
  appliance.Publish();
  const auto followed = appliance.Turn(acks);
  REQUIRE(followed.size() == acks.size());
  for (std::size_t i = 0; i < acks.size(); ++i) {
    CHECK(appliance.DestinationOf(followed[i]) == appliance.DestinationOf(opened[i]));
    CHECK(Frame(followed[i].begin() + 12, followed[i].end()) ==
          Frame(acks[i].begin() + 12, acks[i].end()));
  }
  CHECK(appliance.AllAccounted());
}

TEST_CASE_METHOD(Fixture, "P2: an IPv6 client with an affinity goes to its owner", "[datapath]") {
  const AffinityCell cell{.service = kWebV6, .client = AddressNamed(kClientV6)};
  for (const std::size_t owner : {0, 1, 2}) {
    appliance.StartAffinity(cell, Target(owner));
    const auto port = static_cast<std::uint16_t>(41000 + owner);
    CHECK(appliance.Where(SynV6(port)) == appliance.parts.targets[owner].name);
  }
  appliance.EndAffinity(cell);
  CHECK(appliance.Where(SynV6(42000)) == appliance.OnRing(FlowV6(42000)));
}

TEST_CASE_METHOD(TwoWorkers, "P5: an IPv6 flow that changes its worker keeps its target",
                 "[datapath]") {
  const std::string target = appliance.Where(SynV6(40000), 0);
  appliance.weights = {0, 0, 0};
  appliance.Publish();
  CHECK(appliance.Where(AckV6(40000), 1) == target);
  CHECK(appliance.AllAccounted(1));
}

TEST_CASE_METHOD(Fixture, "P6: without a target, IPv6 gets its own family's answers",
                 "[datapath]") {
  appliance.weights = {0, 0, 0};
  appliance.Publish();
  const auto reset = appliance.Turn({SynV6(40000)});
  REQUIRE(reset.size() == 1);
  CHECK(reset[0].size() == 74);
  CHECK(reset[0][54 + 13] == 0x14);  // RST and ACK
  CHECK(appliance.DestinationOf(reset[0]) == "client");
  CHECK(appliance.counters().replies[Reply::kTcpReset].Read() == 1);
}

TEST_CASE_METHOD(Fixture, "an echo request to an IPv6 VIP is answered", "[datapath]") {
  const auto answer = appliance.Turn({EchoRequestV6().Payload("ping").Build()});
  REQUIRE(answer.size() == 1);
  CHECK(answer[0][54] == 129);
  CHECK(appliance.DestinationOf(answer[0]) == "client");
  CHECK(appliance.Turn({EchoRequestV6().To("2001:db8:1::2").Build()}).empty());
  CHECK(appliance.counters().drops[DropReason::kNotOurAddress].Read() == 1);
}

TEST_CASE_METHOD(Fixture, "an IPv6 VIP is nobody's source, and has the service's ports alone",
                 "[datapath]") {
  appliance.Turn({TcpPacket().From(kVipV6, 40000).To(kVipV6, 80).Syn().Build()});
  appliance.Turn({TcpPacket().From(kClientV6, 40000).To(kVipV6, 81).Syn().Build()});
  CHECK(appliance.counters().drops[DropReason::kMartianSource].Read() == 1);
  CHECK(appliance.counters().drops[DropReason::kNoService].Read() == 1);
  CHECK(appliance.AllAccounted());
}

}  // namespace
}  // namespace holdfast
