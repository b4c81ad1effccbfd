// P2, P4, P5, P6, P8: where a packet goes that no connection of this worker knows.
#include <catch2/catch.hpp>
#include <set>

#include "datapath/flows.h"
#include "wire/headers.h"

namespace holdfast {
namespace {

ServiceCounters& Web(TestAppliance& appliance, std::size_t worker = 0) {
  return appliance.counters(worker).services[Index(kWeb)];
}

TEST_CASE("P4: a request goes where the ring says, only its MACs changed", "[datapath]") {
  TestAppliance appliance;
  std::set<std::string> used;
  std::uint64_t bytes = 0;
  for (std::uint16_t port = 40000; port < 40064; ++port) {
    const Frame frame = Syn(port);
    const auto sent = appliance.Turn({frame});
    REQUIRE(sent.size() == 1);
    const std::string target = appliance.DestinationOf(sent[0]);
    CHECK(target == appliance.OnRing(WebFlow(port)));
    CHECK(Load<EthernetHeader>(sent[0].data()).source == kBalancerMac);
    CHECK(Frame(sent[0].begin() + 12, sent[0].end()) == Frame(frame.begin() + 12, frame.end()));
    used.insert(target);
    bytes += frame.size();
  }
  CHECK(used.size() == 3);
  CHECK(Web(appliance).requests[Decision::kBalanced].Read() == 64);
  CHECK(Web(appliance).packets[Step::kBalanced].Read() == 64);
  CHECK(Web(appliance).bytes.Read() == bytes);
  CHECK(appliance.counters().tx_packets.Read() == 64);
  std::uint64_t by_target = 0;
  for (std::size_t slot = 0; slot < 3; ++slot)
    by_target += appliance.counters().target_requests[slot].requests[Decision::kBalanced].Read();
  CHECK(by_target == 64);
}

TEST_CASE("P2: a request of a client with an affinity goes to its owner", "[datapath]") {
  TestAppliance appliance;
  appliance.StartAffinity(ClientAt(kWeb), Target(1));
  for (std::uint16_t port = 40000; port < 40020; ++port)
    CHECK(appliance.Where(Syn(port)) == "web-2");
  CHECK(Web(appliance).requests[Decision::kAffinity].Read() == 20);
  CHECK(appliance.counters().target_requests[1].requests[Decision::kAffinity].Read() == 20);

  const Frame other = TcpPacket().From("198.51.100.8", 40000).To("192.0.2.1", 80).Syn().Build();
  FlowKey flow = WebFlow(40000);
  flow.client = AddressNamed("198.51.100.8");
  CHECK(appliance.Where(other) == appliance.OnRing(flow));
}

TEST_CASE("P2: a named client port, then a named service port, before all the rest", "[datapath]") {
  TestAppliance appliance;
  AffinityCell key = ClientAt(kWeb);
  appliance.StartAffinity(key, Target(0));
  key.service_port = 80;
  appliance.StartAffinity(key, Target(1));
  key = ClientAt(kWeb);
  key.client_port = 40001;
  appliance.StartAffinity(key, Target(2));

  CHECK(appliance.Where(Syn(40001)) == "web-3");
  CHECK(appliance.Where(Syn(40002)) == "web-2");
  CHECK(appliance.Where(TcpPacket().From(kClient, 40003).To("192.0.2.1", 443).Syn().Build()) ==
        "web-1");
}

TEST_CASE("P2: an affinity whose owner is gone is passed over", "[datapath]") {
  TestAppliance appliance;
  appliance.StartAffinity(ClientAt(kWeb), Target(1));
  appliance.parts.targets[1].state = TargetState::kRemoved;
  appliance.Publish();
  CHECK(appliance.Where(Syn(40000)) == appliance.OnRing(WebFlow(40000)));
  CHECK(appliance.counters().affinities_passed_over.Read() == 1);
  CHECK(Web(appliance).requests[Decision::kBalanced].Read() == 1);
}

TEST_CASE("a draining target keeps its affinities and gets nothing balanced", "[datapath]") {
  TestAppliance appliance;
  appliance.parts.targets[1].state = TargetState::kDraining;
  appliance.Publish();
  for (std::uint16_t port = 40000; port < 40050; ++port)
    CHECK(appliance.Where(Syn(port)) != "web-2");
  appliance.StartAffinity(ClientAt(kWeb), Target(1));
  CHECK(appliance.Where(Syn(40100)) == "web-2");
}

TEST_CASE("P5: a packet of an unknown connection goes by affinity, then ring, and is remembered",
          "[datapath]") {
  TestAppliance appliance;
  CHECK(appliance.Where(Request(40001)) == appliance.OnRing(WebFlow(40001)));
  CHECK(Web(appliance).packets[Step::kRing].Read() == 1);
  appliance.StartAffinity(ClientAt(kWeb), Target(0));
  const std::uint16_t port = PortNotOf(appliance, 0, 40002);
  CHECK(appliance.Where(Request(port)) == "web-1");
  appliance.EndAffinity(ClientAt(kWeb));
  CHECK(appliance.Where(Request(port)) == "web-1");

  CHECK(appliance.connections().size() == 2);
  for (std::size_t i = 0; i < kDecisionNames.size(); ++i)
    CHECK(Web(appliance).requests[static_cast<Decision>(i)].Read() == 0);
}

TEST_CASE("P5: RST and FIN of an unknown connection are sent on, never remembered", "[datapath]") {
  TestAppliance appliance;
  CHECK(appliance.Where(Rst(40001)) == appliance.OnRing(WebFlow(40001)));
  CHECK(appliance.Where(Fin(40002)) == appliance.OnRing(WebFlow(40002)));
  CHECK(appliance.connections().size() == 0);
}

TEST_CASE("P5: a connection that another worker knows keeps its target", "[datapath]") {
  TestAppliance appliance({.workers = 2});
  const std::uint16_t port = PortNotOf(appliance, 0);
  const std::string target = appliance.Where(Syn(port), 0);
  appliance.Turn({Ack(port), Request(port)}, 0);
  appliance.StartAffinity(ClientAt(kWeb), Target(0));
  appliance.weights = {100, 0, 0};
  appliance.Publish();

  SECTION("and the copy counts for nothing") {
    CHECK(appliance.Where(Request(port), 1) == target);
    CHECK(appliance.Where(Request(port), 1) == target);
    CHECK(Web(appliance, 1).packets[Step::kOtherWorker].Read() == 1);
    CHECK(Web(appliance, 1).packets[Step::kConnection].Read() == 1);
    CHECK(appliance.connections(1).size() == 0);
    CHECK(appliance.connections(1).copies() == 1);
  }
  SECTION("also for a SYN that is repeated on another queue") {
    CHECK(appliance.Where(Syn(port), 1) == target);
    CHECK(Web(appliance, 1).requests[Decision::kAffinity].Read() == 0);
  }
  SECTION("RST and FIN make no copy") {
    CHECK(appliance.Where(Rst(port), 1) == target);
    CHECK(appliance.Where(Fin(port), 1) == target);
    CHECK(appliance.connections(1).copies() == 0);
  }
  SECTION("and the copy becomes the original when that one is gone") {
    appliance.Turn({Request(port)}, 1);
    appliance.Turn({Rst(port)}, 0);
    appliance.Advance(61);  // tcp_closing is 60
    for (int turn = 0; turn < 10'000 && appliance.connections(1).size() == 0; ++turn) {
      appliance.Turn({}, 0);
      appliance.Turn({Request(port)}, 1);
      appliance.Advance(1);
    }
    CHECK(appliance.connections(0).size() == 0);
    CHECK(appliance.connections(1).size() == 1);
    CHECK(appliance.connections(1).copies() == 0);
    CHECK(appliance.Where(Request(port), 1) == target);
  }
  CHECK(appliance.AllAccounted(0));
  CHECK(appliance.AllAccounted(1));
}

TEST_CASE("P5: a UDP flow that another worker knows keeps its target", "[datapath]") {
  TestAppliance appliance({.workers = 2});
  const std::string target = appliance.Where(Query(5000), 0);
  appliance.weights = {0, 0, 0};
  appliance.weights[target == "web-1" ? 1 : 0] = 100;
  appliance.Publish();
  CHECK(appliance.Where(Query(5000), 1) == target);
  CHECK(appliance.counters(1).services[Index(kDns)].requests[Decision::kBalanced].Read() == 0);
}

TEST_CASE("P6: without a target TCP gets a RST, UDP a port unreachable", "[datapath]") {
  TestAppliance appliance;
  appliance.weights = {0, 0, 0};
  appliance.Publish();

  const auto reset = appliance.Turn({FromPort(40001).Syn().Sequence(77).Build()});
  REQUIRE(reset.size() == 1);
  CHECK(appliance.DestinationOf(reset[0]) == "client");
  const auto tcp = Load<TcpHeader>(reset[0].data() + 34);
  CHECK(tcp.flags == (kTcpRst | kTcpAck));
  CHECK(tcp.acknowledgment.value() == 78);
  CHECK(tcp.destination_port.value() == 40001);

  const auto unreachable = appliance.Turn({Query(5000)});
  REQUIRE(unreachable.size() == 1);
  const auto icmp = Load<IcmpHeader>(unreachable[0].data() + 34);
  CHECK(icmp.type == kIcmpUnreachable);
  CHECK(icmp.code == kIcmpPortUnreachable);

  CHECK(appliance.Turn({Rst(40002)}).empty());
  const Frame to_all = TcpPacket().From("10.0.0.255", 40003).To("192.0.2.1", 80).Ack().Build();
  CHECK(appliance.Turn({to_all}).empty());
  CHECK(appliance.counters().drops[DropReason::kNoTarget].Read() == 4);
  CHECK(Web(appliance).requests[Decision::kRefused].Read() == 1);
  CHECK(appliance.counters().replies[Reply::kTcpReset].Read() == 1);
  CHECK(appliance.counters().replies[Reply::kPortUnreachable].Read() == 1);
  CHECK(appliance.AllAccounted());
}

TEST_CASE("P6: a service may be silent instead", "[datapath]") {
  TestAppliance appliance;
  appliance.weights = {0, 0, 0};
  for (ServiceView& service : appliance.parts.services) service.no_target = NoTargetPolicy::kDrop;
  appliance.Publish();
  CHECK(appliance.Turn({Syn(40001), Query(5000)}).empty());
  CHECK(appliance.counters().drops[DropReason::kNoTarget].Read() == 2);
}

TEST_CASE("P6: refusals are rate-limited", "[datapath]") {
  TestAppliance appliance;
  appliance.weights = {0, 0, 0};
  appliance.Publish();
  const std::uint64_t sent = ReplyLimiter::kBurst + 100;
  for (std::uint64_t i = 0; i < sent; ++i)
    appliance.Turn({Syn(static_cast<std::uint16_t>(10000 + i))});
  CHECK(appliance.counters().drops[DropReason::kNoTarget].Read() == sent);
  CHECK(appliance.counters().replies[Reply::kTcpReset].Read() == ReplyLimiter::kBurst);
  CHECK(appliance.counters().replies[Reply::kRateLimited].Read() == 100);
  appliance.Advance(1);
  CHECK(appliance.Where(Syn(40000)) == "client");
}

TEST_CASE("P8: with no room a connection is sent by the ring, not remembered, and counted",
          "[datapath]") {
  TestAppliance appliance({.connections = 64});
  const auto open_until_full = [&] {
    for (std::uint16_t port = 10000; port < 60000; ++port) {
      appliance.Turn({Syn(port), Ack(port), Request(port)});
      if (appliance.counters().connections_not_remembered.Read() != 0) return port;
    }
    return std::uint16_t{0};
  };
  const std::uint16_t port = open_until_full();
  REQUIRE(port != 0);
  CHECK(appliance.Where(Request(port)) == appliance.OnRing(WebFlow(port)));
  CHECK(Web(appliance).packets[Step::kRing].Read() > 0);
  CHECK(appliance.Where(Request(10000)) == appliance.OnRing(WebFlow(10000)));
  CHECK(appliance.AllAccounted());
}

TEST_CASE("P8: a flood of SYNs pushes no proven connection out", "[datapath]") {
  TestAppliance appliance({.connections = 64});
  const std::uint16_t port = PortNotOf(appliance, 0);
  const std::string target = appliance.Where(Syn(port));
  appliance.Turn({Ack(port), Request(port)});
  for (std::uint16_t flood = 1; flood < 5000; ++flood) appliance.Turn({Syn(flood)});
  appliance.weights = {100, 0, 0};
  appliance.Publish();

  CHECK(appliance.Where(Request(port)) == target);
  CHECK(appliance.counters().connections_evicted_unfinished.Read() > 4000);
  CHECK(appliance.AllAccounted());
}

}  // namespace
}  // namespace holdfast
