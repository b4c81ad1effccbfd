// P1: known connections. What a worker does with them, packet by packet.
#include <catch2/catch.hpp>

#include "datapath/flows.h"

namespace holdfast {
namespace {

// A connection of `port` that the client opened, on the target that is returned.
std::string Open(TestAppliance& appliance, std::uint16_t port) {
  const std::string target = appliance.Where(Syn(port));
  appliance.Turn({Ack(port), Request(port)});
  return target;
}

std::uint64_t Requests(TestAppliance& appliance, Decision decision) {
  return appliance.counters().services[Index(kWeb)].requests[decision].Read();
}
std::uint64_t Packets(TestAppliance& appliance, Step step) {
  return appliance.counters().services[Index(kWeb)].packets[step].Read();
}

TEST_CASE("P1: a known connection stays, whatever happens to affinities and weights",
          "[datapath]") {
  TestAppliance appliance;
  const std::uint16_t port = PortNotOf(appliance, 2);
  const std::string target = Open(appliance, port);
  appliance.StartAffinity(ClientAt(kWeb), Target(2));
  appliance.weights = {0, 0, 100};
  appliance.Publish();

  CHECK(appliance.Where(Request(port)) == target);
  CHECK(appliance.Where(Syn(port)) == target);
  CHECK(appliance.Where(Fin(port)) == target);
  CHECK(appliance.Where(Rst(port)) == target);
  CHECK(Requests(appliance, Decision::kBalanced) == 1);
  CHECK(Packets(appliance, Step::kConnection) == 6);
  CHECK(appliance.AllAccounted());
}

TEST_CASE("P1: a SYN that repeats an unfinished handshake is the same connection", "[datapath]") {
  TestAppliance appliance;
  const std::uint16_t port = PortNotOf(appliance, 0);
  const std::string target = appliance.Where(Syn(port));
  appliance.StartAffinity(ClientAt(kWeb), Target(0));

  CHECK(appliance.Where(Syn(port)) == target);
  CHECK(Requests(appliance, Decision::kBalanced) == 1);
  CHECK(Requests(appliance, Decision::kAffinity) == 0);
}

TEST_CASE("P1: a SYN on a connection that saw FIN or RST is a new request", "[datapath]") {
  TestAppliance appliance;
  const std::uint16_t port = PortNotOf(appliance, 1);
  for (const Frame& end : {Fin(port), Rst(port)}) {
    Open(appliance, port);
    appliance.Turn({end});
    appliance.StartAffinity(ClientAt(kWeb), Target(1));
    CHECK(appliance.Where(Syn(port)) == "web-2");
    CHECK(appliance.connections().size() == 1);
    appliance.EndAffinity(ClientAt(kWeb));
    appliance.Turn({Rst(port)});
  }
  CHECK(Requests(appliance, Decision::kAffinity) == 2);
  CHECK(appliance.AllAccounted());
}

TEST_CASE("P1: a FIN or RST that a later ordinary packet follows ends nothing", "[datapath]") {
  TestAppliance appliance;
  const std::uint16_t port = PortNotOf(appliance, 1);
  const std::string target = Open(appliance, port);
  appliance.Turn({Rst(port), Request(port)});
  appliance.StartAffinity(ClientAt(kWeb), Target(1));

  CHECK(appliance.Where(Syn(port)) == target);
  appliance.Advance(61);  // tcp_closing is 60
  CHECK(appliance.Where(Request(port)) == target);
}

TEST_CASE("P1: a SYN on an idle-expired connection is a new request", "[datapath]") {
  TestAppliance appliance;
  const std::uint16_t port = PortNotOf(appliance, 1);
  appliance.Turn({Syn(port)});
  appliance.StartAffinity(ClientAt(kWeb), Target(1));
  appliance.Advance(31);  // tcp_opening is 30

  CHECK(appliance.Where(Syn(port)) == "web-2");
}

TEST_CASE("a connection that idled out is swept, one in use is not", "[datapath]") {
  TestAppliance appliance;
  appliance.Turn({Syn(40001)});
  Open(appliance, 40002);
  appliance.Advance(31);
  for (int turn = 0; turn < 10'000 && appliance.connections().size() == 2; ++turn) {
    appliance.Advance(1);
    appliance.Turn({});
  }
  CHECK(appliance.connections().size() == 1);
  CHECK(appliance.counters().connections_expired.Read() == 1);
  CHECK(appliance.AllAccounted());
}

TEST_CASE("several packets of a new connection in one batch stay together", "[datapath]") {
  TestAppliance appliance;
  const auto sent = appliance.Turn({Syn(40001), Syn(40001), Ack(40001), Request(40001)});
  REQUIRE(sent.size() == 4);
  for (const Frame& frame : sent)
    CHECK(appliance.DestinationOf(frame) == appliance.OnRing(WebFlow(40001)));
  CHECK(Requests(appliance, Decision::kBalanced) == 1);
  CHECK(Packets(appliance, Step::kBalanced) == 1);
  CHECK(Packets(appliance, Step::kConnection) == 3);
  CHECK(appliance.connections().size() == 1);
}

TEST_CASE("P1: a FIN or RST in the batch of its SYN ends that connection", "[datapath]") {
  TestAppliance appliance;
  const std::uint16_t first = PortNotOf(appliance, 1);
  const std::uint16_t second = PortNotOf(appliance, 1, first + 1);
  appliance.Turn({Syn(first), Fin(first), Syn(second), Rst(second)});
  CHECK(appliance.connections().size() == 2);
  CHECK(Packets(appliance, Step::kConnection) == 2);
  CHECK(Packets(appliance, Step::kRing) == 0);

  appliance.StartAffinity(ClientAt(kWeb), Target(1));
  CHECK(appliance.Where(Syn(first)) == "web-2");
  CHECK(appliance.Where(Syn(second)) == "web-2");
  CHECK(appliance.AllAccounted());
}

TEST_CASE("P1: the first packet of a UDP flow is its request, the rest follow", "[datapath]") {
  TestAppliance appliance;
  const std::string target = appliance.Where(Query(5000));
  CHECK(target == appliance.OnRing(DnsFlow(5000)));
  appliance.weights = {0, 0, 0};
  appliance.weights[target == "web-1" ? 1 : 0] = 100;
  appliance.Publish();
  CHECK(appliance.Where(Query(5000)) == target);

  ServiceCounters& dns = appliance.counters().services[Index(kDns)];
  CHECK(dns.requests[Decision::kBalanced].Read() == 1);
  appliance.Advance(180 + 8 + 1);  // udp is 180, and 8 more for what was not noted
  CHECK(appliance.Where(Query(5000)) != target);
  CHECK(dns.requests[Decision::kBalanced].Read() == 2);
  CHECK(appliance.AllAccounted());
}

TEST_CASE("P7: a connection of a removed target is refused, and its client may try anew",
          "[datapath]") {
  TestAppliance appliance;
  const std::uint16_t port = PortNotOf(appliance, 2);
  Open(appliance, port);
  for (const std::size_t slot : {0, 1}) appliance.parts.targets[slot].state = TargetState::kRemoved;
  appliance.Publish();

  CHECK(appliance.Where(Request(port)) == "client");
  CHECK(appliance.counters().drops[DropReason::kNoTarget].Read() == 1);
  CHECK(appliance.counters().replies[Reply::kTcpReset].Read() == 1);
  CHECK(appliance.connections().size() == 0);
  CHECK(appliance.Where(Syn(port)) == "web-3");
  CHECK(appliance.AllAccounted());
}

TEST_CASE("P7: a target that takes a removed one's slot gets none of its connections",
          "[datapath]") {
  TestAppliance appliance;
  const std::uint16_t port = PortNotOf(appliance, 2);
  const std::string target = Open(appliance, port);
  const std::size_t slot = target == "web-1" ? 0 : 1;
  appliance.parts.targets[slot].handle = appliance.parts.targets[slot].handle.NextGeneration();
  appliance.Publish();

  CHECK(appliance.Where(Request(port)) == "client");
}

TEST_CASE("P7: entries of removed targets are swept, and the sweep says how far it is",
          "[datapath]") {
  TestAppliance appliance;
  for (std::uint16_t port = 40000; port < 40060; ++port) Open(appliance, port);
  appliance.parts.targets[0].state = TargetState::kRemoved;
  appliance.Publish();
  const std::uint64_t version = appliance.snapshots->Current().version();
  for (int turn = 0; turn < 10'000 && appliance.counters().swept_version.Read() < version; ++turn) {
    appliance.Advance(1);
    appliance.Turn({});
  }
  CHECK(appliance.counters().swept_version.Read() == version);
  CHECK(appliance.counters().connections_stale.Read() > 0);
  CHECK(appliance.connections().size() == 60 - appliance.counters().connections_stale.Read());
  CHECK(appliance.AllAccounted());
}

}  // namespace
}  // namespace holdfast
