// O: what Explainer says of a packet is what the worker then does with it.
//
// 100,000 packets of random tuples, while time goes on and targets, affinities and
// neighbours change: each is explained first, and sent then.
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "control/explained_appliance.h"
#include "support/client_audit.h"
#include "wire/headers.h"

namespace holdfast {
namespace {

constexpr int kPackets = 100'000;
constexpr std::size_t kWorkers = 2;
constexpr std::size_t kConnections = 1024;  // fewer than there are flows: P8
constexpr std::size_t kRemoved = 5;         // the slot of the target that comes and goes

// What becomes of a packet, so that it can be compared.
struct Fate {
  std::string step;
  std::string drop;
  std::string reply;
  std::string frame;  // where it goes to and comes from
  // What cannot be known before: whose turn it is. The frame is one of these.
  std::vector<std::string> candidates = {};

  [[nodiscard]] std::string InWords() const {
    return "step '" + step + "' drop '" + drop + "' reply '" + reply + "' " + frame;
  }
};

std::string FrameInWords(const MacAddress& to, const MacAddress& from, const std::string& outer) {
  return from.ToString() + " > " + to.ToString() + outer;
}
// `port`: of the outer UDP header; 0: none.
std::string OuterInWords(const IpAddress& from, const IpAddress& to, std::uint16_t port) {
  return " in " + from.ToString() + " > " + to.ToString() + " port " + std::to_string(port);
}
// Of a frame that was sent; "" without an outer header. Targets are IPv4.
std::string OuterSeen(const Frame& frame) {
  if (Load<EthernetHeader>(frame.data()).ether_type.value() != kEtherTypeIpv4) return "";
  const auto ip = Load<Ipv4Header>(frame.data() + sizeof(EthernetHeader));
  const std::uint8_t* const payload = frame.data() + sizeof(EthernetHeader) + sizeof ip;
  const auto destination = IpAddress::FromV4(ip.destination.value());
  if (IpPrefix{AddressNamed("10.0.0.0"), 24}.Contains(destination) && ip.protocol == 6)
    return OuterInWords(IpAddress::FromV4(ip.source.value()), destination,
                        Load<TcpHeader>(payload).destination_port.value());  // by nat
  const bool is_gue =
      ip.protocol == kProtocolUdp && Load<UdpHeader>(payload).destination_port.value() == kGuePort;
  if (!is_gue && ip.protocol != kProtocolIpv4 && ip.protocol != kProtocolIpv6) return "";
  return OuterInWords(IpAddress::FromV4(ip.source.value()),
                      IpAddress::FromV4(ip.destination.value()), is_gue ? kGuePort : 0);
}

std::string FrameInWords(const Explanation::Verdict::Way& way) {
  const bool is_l2 = way.forwarding == ForwardingMode::kL2;
  return FrameInWords(
      way.mac.value(), way.source_mac,
      is_l2 ? "" : OuterInWords(way.outer_source, way.outer_destination, way.outer_port));
}

Fate FateSaid(const Explanation::Verdict& verdict) {
  Fate fate;
  for (const auto& way : verdict.candidates) {
    fate.step = kStepNames[static_cast<std::size_t>(way.step)];
    fate.candidates.push_back(way.mac ? FrameInWords(way) : "");
  }
  if (!fate.candidates.empty()) return fate;
  if (verdict.drop) fate.drop = kDropReasons[static_cast<std::size_t>(*verdict.drop)].name;
  if (verdict.reply) fate.reply = kReplyNames[static_cast<std::size_t>(*verdict.reply)];
  if (verdict.reply) fate.frame = FrameInWords(kClientMac, kBalancerMac, "");
  if (verdict.outcome != Explanation::Outcome::kForwarded) return fate;
  const Explanation::Verdict::Way& way = verdict.way.value();
  fate.step = kStepNames[static_cast<std::size_t>(way.step)];
  fate.frame = FrameInWords(way);
  return fate;
}

// One that was said to be one of several becomes the one that was seen, if it is among them;
// a target without a MAC drops it.
Fate SettledBy(const Fate& seen, Fate said) {
  if (said.candidates.empty()) return said;
  if (std::ranges::count(said.candidates, seen.frame) == 0) return said;
  said.frame = seen.frame;
  if (seen.frame.empty()) said = {"", "no_neighbour", "", ""};
  return said;
}

// A worker's counters that tell what became of its packets.
struct Tallies {
  explicit Tallies(const WorkerCounters& counters)
      : not_remembered(counters.connections_not_remembered.Read()) {
    for (std::size_t i = 0; i < drops.size(); ++i)
      drops[i] = counters.drops[static_cast<DropReason>(i)].Read();
    for (std::size_t i = 0; i < replies.size(); ++i)
      replies[i] = counters.replies[static_cast<Reply>(i)].Read();
    for (std::size_t service = 0; service < kServices; ++service)
      for (std::size_t i = 0; i < steps.size(); ++i)
        steps[i] += counters.services[service].packets[static_cast<Step>(i)].Read();
  }
  static constexpr std::size_t kServices = 17;

  std::array<std::uint64_t, kDropReasons.size()> drops{};
  std::array<std::uint64_t, kReplyNames.size()> replies{};
  std::array<std::uint64_t, kStepNames.size()> steps{};
  std::uint64_t not_remembered = 0;
};

// The one of the names that was counted in between; several are put together.
template <typename Counts, typename NameOf>
std::string Counted(const Counts& before, const Counts& after, NameOf name_of) {
  std::string names;
  for (std::size_t i = 0; i < before.size(); ++i)
    if (before[i] != after[i]) names += name_of(i);
  return names;
}

Fate FateSeen(const Tallies& before, const Tallies& after, const std::vector<Frame>& sent) {
  Fate fate{Counted(before.steps, after.steps, [](std::size_t i) { return kStepNames[i]; }),
            Counted(before.drops, after.drops, [](std::size_t i) { return kDropReasons[i].name; }),
            Counted(before.replies, after.replies, [](std::size_t i) { return kReplyNames[i]; }),
            ""};
  for (const Frame& frame : sent) {
    const auto ethernet = Load<EthernetHeader>(frame.data());
    fate.frame += FrameInWords(ethernet.destination, ethernet.source, OuterSeen(frame));
  }
  return fate;
}

// A stream of chances, the same in every run.
class Chance {
 public:
  std::size_t Below(std::size_t bound) { return random_() % bound; }
  bool OneIn(std::size_t count) { return Below(count) == 0; }
  template <typename List>
  const auto& Of(const List& list) {
    return list[Below(std::size(list))];
  }

 private:
  std::mt19937 random_{2026};
};

Frame FrameOf(const FlowKey& flow, SegmentFlags segment) {
  PacketBuilder builder = flow.protocol == Protocol::kUdp ? UdpPacket() : TcpPacket();
  builder.From(flow.client.ToString(), flow.client_port).To(flow.vip.ToString(), flow.vip_port);
  if (segment.payload) builder.Payload("GET /");
  if (flow.protocol == Protocol::kUdp) return builder.Build();
  if (segment.syn) builder.Syn();
  if (segment.fin) builder.Fin();
  if (segment.rst) builder.Rst();
  if (segment.ack) builder.Ack();
  return builder.Build();
}

class World : public ExplainedAppliance {
 public:
  World() : ExplainedAppliance(kWorkers, kConnections) {}

  FlowKey AnyFlow() {
    static const std::vector<IpAddress> kOdd = {
        AddressNamed("127.0.0.1"), AddressNamed("224.0.0.7"), AddressNamed("192.0.2.1"),
        AddressNamed("0.0.0.9"), AddressNamed("10.0.0.255")};
    struct Endpoint {
      const char* vip;
      std::uint16_t port;
      Protocol protocol;
    };
    using enum Protocol;
    static constexpr Endpoint kEndpoints[] = {
        {"192.0.2.1", 80, kTcp},     {"192.0.2.1", 80, kTcp},     {"192.0.2.1", 443, kTcp},
        {"192.0.2.9", 8080, kTcp},   {"192.0.2.1", 53, kUdp},     {"192.0.2.9", 8081, kTcp},
        {"2001:db8:1::1", 80, kTcp}, {"2001:db8:1::1", 81, kTcp}, {"192.0.2.1", 81, kTcp},
        {"192.0.2.1", 54, kUdp},     {"192.0.2.1", 82, kTcp},     {"192.0.2.1", 9999, kTcp},
        {"192.0.2.9", 53, kUdp},     {"203.0.113.9", 80, kTcp},   {"10.0.0.1", 80, kTcp},
        {"192.0.2.1", 8080, kTcp},   {"192.0.2.9", 81, kTcp},     {"192.0.2.15", 9, kTcp},
        {"192.0.2.1", 87, kTcp},     {"192.0.2.1", 87, kTcp}};
    static constexpr Endpoint kByMethod[] = {{"192.0.2.1", 83, kTcp}, {"192.0.2.1", 84, kTcp},
                                             {"192.0.2.1", 85, kTcp}, {"192.0.2.1", 86, kTcp},
                                             {"192.0.2.1", 88, kTcp}, {"192.0.2.1", 55, kUdp}};
    const Endpoint& endpoint = chance.OneIn(4)   ? chance.Of(kByMethod)
                               : chance.OneIn(3) ? chance.Of(kEndpoints)
                                                 : kEndpoints[chance.Below(7)];
    const IpAddress vip = AddressNamed(endpoint.vip);
    const IpAddress client = chance.OneIn(40) ? chance.Of(kOdd) : AnyClient();
    return {vip.IsV4() ? client : InIpv6(client), vip,
            static_cast<std::uint16_t>(40000 + chance.Below(10)), endpoint.port, endpoint.protocol};
  }
  SegmentFlags AnySegment(Protocol protocol) {
    static constexpr SegmentFlags kSegments[] = {kSynSegment,  kSynSegment,  kSynSegment,
                                                 kDataSegment, kDataSegment, kDataSegment,
                                                 kDataSegment, kFinSegment,  kRstSegment};
    return protocol == Protocol::kUdp ? kDatagram : chance.Of(kSegments);
  }
  // Mostly the same for a flow, as a network card does it.
  std::size_t AnyWorkerFor(const FlowKey& flow) {
    // By nat, another worker would hand it over.
    const bool changes = flow.vip_port != 87 && chance.OneIn(10);
    return changes ? chance.Below(kWorkers) : flow.client_port % kWorkers;
  }

  void Change() {
    if (chance.OneIn(100)) appliance.Advance(chance.OneIn(20) ? 70 : 1);
    if (chance.OneIn(50)) StartOrEndAffinity();
    if (chance.OneIn(500)) DrainOrNot(chance.Below(kRemoved));
    if (chance.OneIn(500)) FallOrRise(chance.Below(kRemoved));
    if (chance.OneIn(300)) ResolveOrNot(chance.Below(kRemoved));
    if (chance.OneIn(1000)) RemoveOrAdd();
  }

  Chance chance;

 private:
  // 2001:db8::/96 with the IPv4 address behind; the odd ones are odd no more.
  static IpAddress InIpv6(const IpAddress& client) {
    IpAddress::Bytes bytes = AddressNamed("2001:db8::").bytes();
    std::copy(client.bytes().begin() + 12, client.bytes().end(), bytes.begin() + 12);
    return IpAddress::FromV6(bytes);
  }
  IpAddress AnyClient() {
    return IpAddress::FromV4(0xc6336400 + static_cast<std::uint32_t>(chance.Below(60)));
  }

  void StartOrEndAffinity() {
    AffinitySelector selector{AddressNamed("192.0.2.1"), Protocol::kTcp, {}, AnyClient(), {}};
    if (chance.OneIn(3)) selector.service_ports = {80, 8080};
    if (chance.OneIn(5)) {
      selector.vip = AddressNamed("2001:db8:1::1");
      selector.client = InIpv6(selector.client);
      if (!selector.service_ports.empty()) selector.service_ports = {80};
    }
    if (selector.vip.IsV4() && chance.OneIn(3))
      selector.service_ports = {static_cast<std::uint16_t>(83 + chance.Below(4))};
    if (chance.OneIn(3)) selector.client_ports = {40003, 40004};
    const std::string target =
        ExplainedTarget(chance.OneIn(3) ? kRemoved : chance.Below(kExplainedTargets)).name;
    if (chance.OneIn(4))
      affinities.End(selector, target);
    else
      affinities.Start(selector, target, absl::Minutes(10));
  }
  void DrainOrNot(std::size_t slot) {
    const auto state = chance.OneIn(2) ? TargetState::kDraining : TargetState::kUp;
    REQUIRE(directory.SetState(ExplainedTarget(slot).name, state).ok());
    Publish();
  }
  void FallOrRise(std::size_t slot) {
    static constexpr const char* kServices[] = {"web",    "dns",     "turns",  "fewest",
                                                "source", "standby", "sticky", "seats"};
    const auto health = chance.OneIn(2) ? Health::kDown : Health::kUp;
    REQUIRE(directory.SetHealth(chance.Of(kServices), ExplainedTarget(slot).name, health).ok());
    Publish();
  }
  void ResolveOrNot(std::size_t slot) {
    if (chance.OneIn(2))
      appliance.neighbours.Clear(slot);
    else
      appliance.neighbours.Set(slot, TargetMac(slot));
  }
  // Its affinities stay until it comes back: they are passed over.
  void RemoveOrAdd() {
    const config::Target target = ExplainedTarget(kRemoved);
    if (directory.FindTarget(target.name)) return Remove(target.name);
    affinities.EndOrphans();
    directory.ReleaseSwept(std::min(appliance.counters(0).swept_version.Read(),
                                    appliance.counters(1).swept_version.Read()));
    REQUIRE(directory.Apply(ExplainedConfig()).ok());
    const std::size_t slot = directory.FindTarget(target.name)->slot();
    appliance.neighbours.Set(slot, TargetMac(slot));
    Publish();
  }
};

// Asks, then sends; what was said and seen is the same. Returns it, and counts P2's words.
Fate ExplainAndSend(World& world, std::map<std::string, int>& seen) {
  const FlowKey flow = world.AnyFlow();
  // By nat, a session may outlive its connection by some seconds; only its worker knows, and it
  // matters for what ends a connection.
  SegmentFlags segment = world.AnySegment(flow.protocol);
  if (flow.vip_port == 87 && (segment.fin || segment.rst)) segment = kDataSegment;
  const std::size_t worker = world.AnyWorkerFor(flow);
  const Explanation explanation = world.Explain(flow, segment, WorkerId(worker));
  for (const auto& held : explanation.affinities) seen["passed over"] += held.passed_over;

  const WorkerCounters& counters = world.appliance.counters(worker);
  const Tallies before(counters);
  const auto sent = world.appliance.Turn({FrameOf(flow, segment)}, worker);
  const Tallies after(counters);
  Fate seen_fate = FateSeen(before, after, sent);
  Fate said = SettledBy(seen_fate, FateSaid(explanation.verdict));
  seen["one of several"] += !said.candidates.empty();
  // P8: forwarded by the same way, but not remembered.
  const bool no_room = before.not_remembered != after.not_remembered;
  seen["not remembered"] += no_room;
  if (no_room && seen_fate.step == "ring" && said.step == "balanced") {
    seen_fate.step = "balanced";
    // Where the method leaves the ring, its own answer is not for what nobody remembers.
    if (flow.vip_port >= 83 && flow.vip_port <= 88) said.frame = seen_fate.frame;
  }
  if (said.InWords() != seen_fate.InWords()) {
    CAPTURE(flow.ToString(), worker, segment.syn, segment.fin, segment.rst);
    for (const auto& finding : explanation.findings) UNSCOPED_INFO(finding.why);
    CHECK(said.InWords() == seen_fate.InWords());
  }
  return seen_fate;
}

TEST_CASE("O: of 100,000 random packets each goes as it was explained", "[control]") {
  World world;
  std::map<std::string, int> seen;
  for (int i = 0; i < kPackets; ++i) {
    world.Change();
    const Fate fate = ExplainAndSend(world, seen);
    ++seen[fate.step], ++seen[fate.drop], ++seen[fate.reply];
    if (fate.drop == "no_target" && fate.reply.empty()) ++seen["silence"];
    if (fate.frame.find(" port 0") != std::string::npos) ++seen["ipip"];
    if (fate.frame.find(" port 6080") != std::string::npos) ++seen["gue"];
    if (fate.frame.find(" port 8087") != std::string::npos) ++seen["nat"];
  }
  for (const char* each :
       {"connection", "other_worker", "affinity", "automatic", "balanced", "ring", "no_target",
        "no_neighbour", "martian_source", "no_service", "not_our_address", "tcp_reset",
        "port_unreachable", "silence", "ipip", "gue", "nat", "passed over", "one of several"}) {
    CAPTURE(each);
    CHECK(seen[each] > 100);
  }
  CHECK(DifferencesOf(world.appliance.clients, world.appliance.all_connections()).empty());
  CHECK(seen["rate_limited"] == 0);  // it would be taken for silence
  for (std::size_t worker = 0; worker < kWorkers; ++worker) {
    CHECK(world.appliance.AllAccounted(worker));
    CHECK(world.appliance.counters(worker).connections_stale.Read() > 100);
    CHECK(world.appliance.counters(worker).connections_expired.Read() > 100);
  }
}

}  // namespace
}  // namespace holdfast
