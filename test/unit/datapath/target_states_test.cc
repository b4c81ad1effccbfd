// The states of targets, as a worker acts on them.
#include <catch2/catch.hpp>

#include "datapath/flows.h"

namespace holdfast {
namespace {

struct Fixture {
  // web-2 drains.
  void Drain(OnDrain on_drain) {
    appliance.parts.targets[1].state = TargetState::kDraining;
    for (ServiceView& service : appliance.parts.services) service.balancing.on_drain = on_drain;
    appliance.Publish();
  }
  // For a service, web-2 is down, or not.
  void SetDown(ServiceSlot service, bool down) {
    auto& targets = appliance.parts.services[Index(service)].balancing.down;
    targets.clear();
    if (down) targets.push_back(Target(1));
    appliance.Publish();
  }
  // A port from which the client's flow is with web-2.
  std::uint16_t OpenAtWeb2(bool udp) {
    std::uint16_t port = next_port;
    while (appliance.Where(udp ? Query(port) : Syn(port)) != "web-2") ++port;
    next_port = static_cast<std::uint16_t>(port + 1);
    return port;
  }
  [[nodiscard]] CounterArray<Decision, kDecisionNames.size()>& requests() {
    return appliance.counters().services[Index(kWeb)].requests;
  }

  TestAppliance appliance;
  std::uint16_t next_port = 40000;
};

TEST_CASE_METHOD(Fixture, "P2: while its owner drains, an affinity does what on_drain says",
                 "[datapath]") {
  appliance.StartAffinity(ClientAt(kWeb), Target(1));
  SECTION("honor: the owner has it") {
    Drain(OnDrain::kHonor);
    CHECK(appliance.Where(Syn(40000)) == "web-2");
    CHECK(requests()[Decision::kAffinity].Read() == 1);
  }
  SECTION("break: as if it were not there") {
    Drain(OnDrain::kBreak);
    CHECK(appliance.Where(Syn(40000)) == appliance.OnRing(WebFlow(40000)));
    CHECK(appliance.counters().affinities_passed_over.Read() == 1);
    CHECK(requests()[Decision::kBalanced].Read() == 1);
  }
  SECTION("refuse: nobody has it") {
    Drain(OnDrain::kRefuse);
    CHECK(appliance.Where(Syn(40000)) == "client");
    CHECK(requests()[Decision::kRefused].Read() == 1);
    CHECK(appliance.counters().drops[DropReason::kNoTarget].Read() == 1);
    // Of a connection that it has: it is only this worker that does not know it.
    CHECK(appliance.Where(Request(40001)) == "web-2");
  }
  CHECK(appliance.AllAccounted());
}

TEST_CASE_METHOD(Fixture, "P1: a draining target keeps its connections, whatever on_drain says",
                 "[datapath]") {
  const std::uint16_t port = OpenAtWeb2(false);
  Drain(GENERATE(OnDrain::kHonor, OnDrain::kBreak, OnDrain::kRefuse));
  CHECK(appliance.Where(Ack(port)) == "web-2");
  CHECK(appliance.Where(Request(port)) == "web-2");
}

TEST_CASE_METHOD(Fixture, "P2: an affinity whose owner is down is passed over until it is up",
                 "[datapath]") {
  appliance.StartAffinity(ClientAt(kWeb), Target(1));
  SetDown(kWeb, true);
  CHECK(appliance.Where(Syn(40000)) == appliance.OnRing(WebFlow(40000)));
  CHECK(appliance.counters().affinities_passed_over.Read() == 1);
  SetDown(kWeb, false);
  CHECK(appliance.Where(Syn(40001)) == "web-2");
}

TEST_CASE_METHOD(Fixture, "P1: TCP stays with a target that is down, every packet of it",
                 "[datapath]") {
  const std::uint16_t port = OpenAtWeb2(false);
  SetDown(kWeb, true);
  for (const Frame& frame :
       {Ack(port), Request(port), Request(port), Syn(port), Fin(port), Rst(port)})
    CHECK(appliance.Where(frame) == "web-2");
  for (std::uint16_t other = 41000; other < 41050; ++other)
    CHECK(appliance.Where(Syn(other)) != "web-2");
  CHECK(appliance.AllAccounted());
}

TEST_CASE_METHOD(Fixture, "P1: a UDP flow of a target that is down is decided anew, once",
                 "[datapath]") {
  const std::uint16_t port = OpenAtWeb2(true);
  if (GENERATE(false, true)) appliance.Turn({Query(port), Query(port)});  // a flow that is settled
  SetDown(kDns, true);
  const auto sent = appliance.Turn({Query(port), Query(port)});
  REQUIRE(sent.size() == 2);
  const std::string target = appliance.DestinationOf(sent[0]);
  CHECK(target == appliance.OnRing(DnsFlow(port)));
  CHECK(target != "web-2");
  CHECK(appliance.DestinationOf(sent[1]) == target);
  SetDown(kDns, false);
  CHECK(appliance.Where(Query(port)) == target);  // it lives there now
  CHECK(appliance.AllAccounted());
}

TEST_CASE_METHOD(Fixture, "a target is down for one service, and works for another", "[datapath]") {
  const std::uint16_t port = OpenAtWeb2(true);
  SetDown(kWeb, true);
  CHECK(appliance.Where(Query(port)) == "web-2");
  CHECK(OpenAtWeb2(true) != port);
}

TEST_CASE("P5: a UDP flow does not follow another worker's entry to a target that is down",
          "[datapath]") {
  TestAppliance appliance({.workers = 2});
  std::uint16_t udp = 40000;
  while (appliance.Where(Query(udp), 0) != "web-2") ++udp;
  std::uint16_t tcp = 40000;
  while (appliance.Where(Syn(tcp), 0) != "web-2") ++tcp;
  for (ServiceView& service : appliance.parts.services) service.balancing.down = {Target(1)};
  appliance.Publish();
  CHECK(appliance.Where(Query(udp), 1) == appliance.OnRing(DnsFlow(udp)));
  CHECK(appliance.Where(Request(tcp), 1) == "web-2");
}

TEST_CASE_METHOD(Fixture, "P7: a target that is down and then removed is gone", "[datapath]") {
  const std::uint16_t port = OpenAtWeb2(false);
  SetDown(kWeb, true);
  CHECK(appliance.Where(Ack(port)) == "web-2");
  appliance.parts.targets[1].state = TargetState::kRemoved;
  appliance.Publish();
  CHECK(appliance.Where(Request(port)) == "client");
  CHECK(appliance.connections().ConnectionsOf(1) == 0);
}

}  // namespace
}  // namespace holdfast
