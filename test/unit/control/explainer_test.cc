// O: what Explainer says of each row of P.
#include "control/explainer.h"

#include <catch2/catch.hpp>

#include "control/explained_appliance.h"
#include "datapath/flows.h"

namespace holdfast {
namespace {

using Answer = Explanation::Answer;
using Outcome = Explanation::Outcome;
using Catch::Contains;

// What a row says; the one that names a target, if it has two.
const Explanation::Finding& RowOf(const Explanation& explanation, PacketRow row) {
  const Explanation::Finding* found = nullptr;
  for (const auto& finding : explanation.findings)
    if (finding.row == row && (found == nullptr || !finding.target.empty())) found = &finding;
  REQUIRE(found != nullptr);
  return *found;
}
std::string TargetOf(const Explanation& explanation) {
  return explanation.verdict.way ? explanation.verdict.way->target : "";
}
const IpAddress kHeld = AddressNamed(kClient);

TEST_CASE("every row says something, in their order", "[control]") {
  ExplainedAppliance world;
  const auto findings = world.Explain(WebFlow(40000), kSynSegment).findings;
  REQUIRE(findings.size() == kPacketRowNames.size());
  for (std::size_t i = 0; i < findings.size(); ++i) {
    CHECK(findings[i].row == static_cast<PacketRow>(i));
    CHECK_FALSE(findings[i].why.empty());
  }
  CHECK(world.Explain(WebFlow(40000), kSynSegment).service == "web");
}

TEST_CASE("P1: a known connection, in which phase, how old, and its target", "[control]") {
  ExplainedAppliance world;
  world.appliance.Turn({Syn(40000), Ack(40000), Request(40000)});
  world.appliance.Advance(20);
  const auto explanation = world.Explain(WebFlow(40000), kDataSegment);
  const std::string target = TargetOf(explanation);
  CHECK(target == world.appliance.DestinationOf(world.appliance.Turn({Request(40000)}).at(0)));
  const auto& row = RowOf(explanation, PacketRow::kP1);
  CHECK(row.answer == Answer::kDecides);
  CHECK(row.target == target);
  CHECK(row.why == "worker 0 has it as established, idle for 20s of 2h10m8s");
  REQUIRE(explanation.connections.size() == 1);
  CHECK(explanation.connections[0].sighting.idle == 20);
  CHECK(explanation.connections[0].target == target);
  CHECK(explanation.verdict.way->step == Step::kConnection);
  CHECK(RowOf(explanation, PacketRow::kP4).answer == Answer::kNone);
}

TEST_CASE("P1: a SYN on a closing or expired entry begins anew, other packets do not",
          "[control]") {
  ExplainedAppliance world;
  world.appliance.Turn({Syn(40000)});
  SECTION("closing") { world.appliance.Turn({Fin(40000)}); }
  // Not yet swept: no turn comes in between.
  SECTION("expired") { world.appliance.Advance(31); }
  const auto syn = world.Explain(WebFlow(40000), kSynSegment);
  CHECK(RowOf(syn, PacketRow::kP1).answer == Answer::kNone);
  CHECK_THAT(RowOf(syn, PacketRow::kP1).why, Contains("a SYN begins a new connection"));
  CHECK(RowOf(syn, PacketRow::kP4).answer == Answer::kDecides);
  const auto data = world.Explain(WebFlow(40000), kDataSegment);
  CHECK(RowOf(data, PacketRow::kP1).answer == Answer::kDecides);
}

TEST_CASE("P2: the affinity that is followed: whose, and for how long", "[control]") {
  ExplainedAppliance world;
  REQUIRE(world.Hold(kHeld, "web-3") == AffinityOutcome::kStarted);
  world.clock.Advance(absl::Seconds(30));
  const auto explanation = world.Explain(WebFlow(40000), kSynSegment);
  const auto& row = RowOf(explanation, PacketRow::kP2);
  CHECK(row.answer == Answer::kDecides);
  CHECK(row.target == "web-3");
  CHECK_THAT(row.why, Contains("client 198.51.100.7 (any port)") && Contains("9m30s left"));
  CHECK(RowOf(explanation, PacketRow::kP4).answer == Answer::kNotReached);
  CHECK(explanation.verdict.way->step == Step::kAffinity);
  REQUIRE(explanation.affinities.size() == 1);
  CHECK(explanation.affinities[0].affinity.target == "web-3");

  FlowKey other = WebFlow(40000);
  other.client = AddressNamed("198.51.100.8");
  CHECK_THAT(RowOf(world.Explain(other, kSynSegment), PacketRow::kP2).why,
             Contains("no affinity of client 198.51.100.8 port 40000"));
}

TEST_CASE("P2: the most specific affinity is followed, all are told", "[control]") {
  ExplainedAppliance world;
  world.Hold(kHeld, "web-3", {}, {40001});  // narrow ones first (A5, A6)
  world.Hold(kHeld, "web-2", {80});
  world.Hold(kHeld, "web-1");
  const auto explanation = world.Explain(WebFlow(40001), kSynSegment);
  CHECK(TargetOf(explanation) == "web-3");
  REQUIRE(explanation.affinities.size() == 3);
  CHECK(explanation.affinities[1].affinity.target == "web-2");
  CHECK(explanation.affinities[2].affinity.target == "web-1");
  CHECK(TargetOf(world.Explain(WebFlow(40002), kSynSegment)) == "web-2");
}

TEST_CASE("P2: an affinity whose owner is gone is passed over, and said so", "[control]") {
  ExplainedAppliance world;
  world.Hold(kHeld, "web-2", {80});
  world.Hold(kHeld, "web-1");
  world.Remove("web-2");
  const auto explanation = world.Explain(WebFlow(40000), kSynSegment);
  CHECK(TargetOf(explanation) == "web-1");
  REQUIRE(explanation.affinities.size() == 2);
  CHECK(explanation.affinities[0].passed_over);
  CHECK_FALSE(explanation.affinities[1].passed_over);
  CHECK_THAT(RowOf(explanation, PacketRow::kP2).why,
             Contains("passed over, its owner is gone; then client"));
}

TEST_CASE("P2: what is open stays, and the affinity is told all the same", "[control]") {
  ExplainedAppliance world;
  const auto before = world.Explain(WebFlow(40000), kSynSegment);
  world.appliance.Turn({Syn(40000)});
  const std::string other = TargetOf(before) == "web-1" ? "web-2" : "web-1";
  world.Hold(kHeld, other);
  const auto explanation = world.Explain(WebFlow(40000), kDataSegment);
  CHECK(TargetOf(explanation) == TargetOf(before));
  CHECK(RowOf(explanation, PacketRow::kP2).answer == Answer::kNotReached);
  CHECK(RowOf(explanation, PacketRow::kP2).target == other);
}

TEST_CASE("P3: a service without automatic affinity", "[control]") {
  const ExplainedAppliance world;
  const auto explanation = world.Explain(WebFlow(40000), kSynSegment);
  CHECK(RowOf(explanation, PacketRow::kP3).answer == Answer::kNone);
  CHECK(RowOf(explanation, PacketRow::kP3).why == "service 'web' has no automatic affinity");
}

TEST_CASE("P4: the place on the ring, and never a draining target", "[control]") {
  ExplainedAppliance world;
  const auto before = world.Explain(WebFlow(40000), kSynSegment);
  CHECK(RowOf(before, PacketRow::kP4).answer == Answer::kDecides);
  CHECK_THAT(RowOf(before, PacketRow::kP4).why, Contains(" of 65537 on the service's ring"));
  CHECK(TargetOf(before) == world.appliance.parts.targets.front().name.substr(0, 4) +
                                std::to_string(world.appliance.RingSlot(WebFlow(40000)) + 1));
  world.Drain(TargetOf(before));
  const auto after = world.Explain(WebFlow(40000), kSynSegment);
  CHECK(RowOf(after, PacketRow::kP4).answer == Answer::kDecides);
  CHECK(TargetOf(after) != TargetOf(before));
}

TEST_CASE("P5: another worker knows the connection", "[control]") {
  ExplainedAppliance world(2);
  world.appliance.Turn({Syn(40000)}, 1);
  const std::string target = TargetOf(world.Explain(WebFlow(40000), kDataSegment, WorkerId{1}));
  world.Drain(target);  // so that the ring would say another
  const auto explanation = world.Explain(WebFlow(40000), kDataSegment, WorkerId{0});
  CHECK(TargetOf(explanation) == target);
  CHECK(explanation.verdict.way->step == Step::kOtherWorker);
  CHECK_THAT(RowOf(explanation, PacketRow::kP1).why, Contains("worker 0 does not know"));
  CHECK_THAT(explanation.findings[4].why, Contains("worker 1 has it as opening"));
  CHECK_THAT(RowOf(explanation, PacketRow::kP8).why, Contains("a copy"));
  SECTION("who receives it, when nobody says: who has it") {
    CHECK(world.Explain(WebFlow(40000), kDataSegment).worker == WorkerId{1});
    CHECK(world.Explain(WebFlow(40001), kDataSegment).worker == WorkerId{0});
  }
}

TEST_CASE("P5: what nobody knows goes by the ring", "[control]") {
  const ExplainedAppliance world;
  const auto explanation = world.Explain(WebFlow(40000), kDataSegment);
  CHECK(RowOf(explanation, PacketRow::kP5).answer == Answer::kDecides);
  CHECK_THAT(explanation.findings[4].why, Contains("no other worker knows"));
  CHECK(explanation.verdict.way->step == Step::kRing);
  CHECK_THAT(RowOf(explanation, PacketRow::kP4).why, Contains("no connection request"));
  CHECK(TargetOf(explanation) == TargetOf(world.Explain(WebFlow(40000), kSynSegment)));
}

TEST_CASE("P6: what a client without a target is answered", "[control]") {
  const ExplainedAppliance world;
  FlowKey flow = WebFlow(40000);
  flow.vip_port = 81;
  const auto refused = world.Explain(flow, kSynSegment);
  CHECK(refused.verdict.outcome == Outcome::kRefused);
  CHECK(refused.verdict.drop == DropReason::kNoTarget);
  CHECK(refused.verdict.reply == Reply::kTcpReset);
  CHECK(RowOf(refused, PacketRow::kP6).answer == Answer::kDecides);
  CHECK_THAT(RowOf(refused, PacketRow::kP4).why, Contains("no target takes new connections"));
  CHECK(world.Explain(flow, kRstSegment).verdict.reply == std::nullopt);
  flow.client = AddressNamed("10.0.0.255");
  CHECK(world.Explain(flow, kSynSegment).verdict.reply == std::nullopt);

  FlowKey quiet = DnsFlow(40000);
  quiet.vip_port = 54;
  CHECK(world.Explain(quiet, kDatagram).verdict.reply == Reply::kPortUnreachable);
  FlowKey silent = WebFlow(40000);
  silent.vip_port = 82;
  CHECK(world.Explain(silent, kSynSegment).verdict.outcome == Outcome::kRefused);
  CHECK(world.Explain(silent, kSynSegment).verdict.reply == std::nullopt);
  CHECK_THAT(RowOf(world.Explain(WebFlow(40000), kSynSegment), PacketRow::kP6).why,
             Contains("there is a target"));
}

TEST_CASE("P7: a connection whose target is gone is refused, a new one placed", "[control]") {
  ExplainedAppliance world;
  world.appliance.Turn({Syn(40000)});
  const std::string gone = TargetOf(world.Explain(WebFlow(40000), kDataSegment));
  world.Remove(gone);
  const auto data = world.Explain(WebFlow(40000), kDataSegment);
  CHECK(data.verdict.outcome == Outcome::kRefused);
  CHECK(RowOf(data, PacketRow::kP7).answer == Answer::kDecides);
  CHECK_THAT(RowOf(data, PacketRow::kP1).why, Contains("its target is gone"));
  const auto syn = world.Explain(WebFlow(40000), kSynSegment);
  CHECK(RowOf(syn, PacketRow::kP4).answer == Answer::kDecides);
  CHECK(TargetOf(syn) != gone);
  CHECK_THAT(RowOf(syn, PacketRow::kP7).why, Contains("its entry is freed"));
}

TEST_CASE("P8: what is remembered, and in a table how full", "[control]") {
  ExplainedAppliance world(1, 64);
  const auto why = [&](SegmentFlags segment) {
    return RowOf(world.Explain(WebFlow(40000), segment), PacketRow::kP8).why;
  };
  CHECK_THAT(why(kSynSegment), Contains("worker 0 remembers it as opening; its table has 0"));
  CHECK_THAT(why(kDataSegment), Contains("remembers it as adopted"));
  CHECK(why(kFinSegment) == "FIN and RST make no entry");
  for (std::uint16_t port = 10000; !world.appliance.connections().IsNearlyFull(); ++port) {
    REQUIRE(port < 20000);
    world.appliance.Turn({Syn(port)});
  }
  CHECK_THAT(why(kSynSegment), Contains("nearly full"));
}

TEST_CASE("where there is no service the drop is named, and no row asked", "[control]") {
  ExplainedAppliance world;
  const auto reason = [&](const char* client, const char* vip, std::uint16_t port) {
    FlowKey flow = WebFlow(40000);
    flow.client = AddressNamed(client);
    flow.vip = AddressNamed(vip);
    flow.vip_port = port;
    const auto explanation = world.Explain(flow, kSynSegment);
    CHECK(explanation.verdict.outcome == Outcome::kDropped);
    CHECK_FALSE(explanation.verdict.way);
    return explanation.verdict.drop.value();
  };
  CHECK(reason("198.51.100.7", "10.0.0.1", 80) == DropReason::kNoService);
  CHECK(reason("198.51.100.7", "203.0.113.9", 80) == DropReason::kNotOurAddress);
  CHECK(reason("127.0.0.1", "203.0.113.9", 80) == DropReason::kMartianSource);
  CHECK(reason("127.0.0.1", "192.0.2.1", 80) == DropReason::kMartianSource);
  CHECK(reason("192.0.2.9", "192.0.2.1", 80) == DropReason::kMartianSource);
  FlowKey flow = WebFlow(40000);
  flow.vip_port = 22;
  const auto refused = world.Explain(flow, kSynSegment);
  CHECK(refused.findings.empty());
  CHECK(refused.verdict.outcome == Outcome::kRefused);
  CHECK(refused.verdict.drop == DropReason::kNoService);
  CHECK(refused.verdict.reply == Reply::kTcpReset);
  CHECK(refused.verdict.why ==
        "no service has this VIP's port: refused with a TCP RST, as the rate allows");
}

TEST_CASE("what a port's kernel interface gets, and what not", "[control]") {
  ExplainedAppliance world(1, 4096, "kern0");
  const auto verdict = [&](const char* vip, std::uint16_t port) {
    FlowKey flow = WebFlow(40000);
    flow.vip = AddressNamed(vip);
    flow.vip_port = port;
    return world.Explain(flow, kSynSegment).verdict;
  };
  for (const char* address : {"10.0.0.1", "203.0.113.9"}) {
    CHECK(verdict(address, 179).outcome == Outcome::kKernel);
    CHECK(verdict(address, 179).why ==
          "not for a service: the kernel gets it by interface 'kern0' of port 'lan', as the rate "
          "allows");
  }
  CHECK(verdict("192.0.2.1", 22).drop == DropReason::kNoService);
  CHECK(verdict("192.0.2.1", 80).outcome == Outcome::kForwarded);
}

TEST_CASE("how the packet leaves: MACs, and addresses of the outer header", "[control]") {
  ExplainedAppliance world;
  const auto plain = world.Explain(WebFlow(40000), kSynSegment).verdict;
  REQUIRE(plain.way);
  CHECK(plain.outcome == Outcome::kForwarded);
  CHECK(plain.way->forwarding == ForwardingMode::kL2);
  CHECK(plain.way->port == "lan");
  CHECK(plain.way->source_mac == kBalancerMac);

  FlowKey flow = WebFlow(40000);
  flow.vip = AddressNamed("192.0.2.9");
  flow.vip_port = 8080;
  const auto way = world.Explain(flow, kSynSegment).verdict.way.value();
  CHECK(way.forwarding == ForwardingMode::kIpip);
  CHECK(way.outer_source == AddressNamed("10.0.0.1"));
  CHECK(way.outer_destination == way.address);

  CHECK_FALSE(way.gateway);

  const std::size_t slot = world.directory.FindTarget(plain.way->target)->slot();
  CHECK(plain.way->mac == TargetMac(slot));
  world.appliance.neighbours.Clear(slot);
  const auto unresolved = world.Explain(WebFlow(40000), kSynSegment).verdict;
  CHECK(unresolved.outcome == Outcome::kDropped);
  CHECK(unresolved.drop == DropReason::kNoNeighbour);
  CHECK(unresolved.way->target == plain.way->target);
  CHECK_THAT(unresolved.why, Contains("its MAC is not known"));
}

TEST_CASE("a worker that is not there is an INVALID_ARGUMENT", "[control]") {
  const ExplainedAppliance world;
  const auto explanation =
      world.explainer.Explain({WebFlow(40000), kSynSegment, WorkerId{1}}).status();
  CHECK(absl::IsInvalidArgument(explanation));
  CHECK(explanation.message() == "worker: 1: there are 1, from 0 on");
}

}  // namespace
}  // namespace holdfast
