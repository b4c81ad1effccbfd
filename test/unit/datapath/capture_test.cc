// What an operator who captures is given: packets as they came, each with what became of it.
// Rows: O, P1, P2, P4, P6.
#include <rte_mbuf.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "control/capture_wording.h"
#include "datapath/flows.h"
#include "support/fake_clock.h"
#include "support/test_eal.h"

namespace holdfast {
namespace {

// An appliance, and an operator who captures on it.
struct CapturedAppliance {
  explicit CapturedAppliance(const TestAppliance::Options& options = {}) : appliance(options) {}

  std::uint64_t Begin(const CaptureFilter& filter = {}, const CaptureLimits& limits = {}) {
    return number = desk.Begin({filter, limits}, "ipv4:10.0.0.9:4711").value();
  }
  std::vector<CapturedPacket> Take() { return desk.Take(number).packets; }
  // The frames come, one after the other; what became of those that are captured.
  std::vector<std::string> Verdicts(const std::vector<Frame>& frames, std::size_t worker = 0) {
    for (const Frame& frame : frames) appliance.Turn({frame}, worker);
    std::vector<std::string> verdicts;
    for (const CapturedPacket& packet : Take()) verdicts.push_back(InWords(packet));
    return verdicts;
  }
  std::string Verdict(const Frame& frame) {
    const auto verdicts = Verdicts({frame});
    return verdicts.size() == 1 ? verdicts.front() : std::to_string(verdicts.size()) + " packets";
  }

  TestAppliance appliance;
  FakeClock clock;
  CaptureDesk desk{{&appliance.captures,
                    appliance.snapshots.get(),
                    &clock,
                    appliance.replicas().size(),
                    {{"lan0", kBalancerMac}},
                    {TestAppliance::Cycles, 1'000'000'000}}};
  std::uint64_t number = 0;
};

std::string Dropped(DropReason reason) {
  const DropReasonName& name = kDropReasons[static_cast<std::size_t>(reason)];
  return "dropped as " + std::string(name.name) + ": " + std::string(name.help);
}

TEST_CASE("P1, P2, P4, P5: a forwarded packet names its target and the step", "[datapath]") {
  CapturedAppliance captured;
  captured.Begin();
  const std::string placed = captured.appliance.OnRing(WebFlow(40000));
  CHECK(captured.Verdict(Syn(40000)) == "forwarded to " + placed + " by balanced (service web)");
  CHECK(captured.Verdict(Request(40000)) ==
        "forwarded to " + placed + " by connection (service web)");
  const std::string ring = captured.appliance.OnRing(WebFlow(40001));
  CHECK(captured.Verdict(Request(40001)) == "forwarded to " + ring + " by ring (service web)");
  captured.appliance.StartAffinity(ClientAt(kWeb), Target(2));
  CHECK(captured.Verdict(Syn(40002)) == "forwarded to web-3 by affinity (service web)");
  CHECK(captured.appliance.AllAccounted());
}

TEST_CASE("P5: what another worker knows is said to be so", "[datapath]") {
  CapturedAppliance captured({.workers = 2});
  captured.Begin();
  const std::string placed = captured.appliance.OnRing(WebFlow(40000));
  captured.appliance.Turn({Syn(40000)}, 0);
  captured.appliance.Turn({Request(40000)}, 1);
  const auto packets = captured.Take();
  REQUIRE(packets.size() == 2);
  CHECK(packets[0].worker == WorkerId{0});
  CHECK(packets[1].worker == WorkerId{1});
  CHECK(InWords(packets[1]) == "forwarded to " + placed + " by other_worker (service web)");
}

TEST_CASE("by nat, replies are returned, or handed over to who has their connection",
          "[datapath]") {
  CapturedAppliance captured({.workers = 2, .nat_ports = PortRange(20000, 20127)});
  for (ServiceView& service : captured.appliance.parts.services)
    service.forwarding = ForwardingMode::kNat;
  captured.appliance.Publish();
  captured.Begin();
  const std::string placed = captured.appliance.OnRing(WebFlow(40000));
  CHECK(captured.Verdict(Syn(40000)) == "forwarded to " + placed + " by balanced (service web)");
  const std::size_t slot = captured.appliance.RingSlot(WebFlow(40000));
  const Frame reply = TcpPacket()
                          .From("10.0.0." + std::to_string(11 + slot), 80)
                          .To("10.0.0.1", 20000)
                          .Syn()
                          .Ack()
                          .Build();
  const std::string returned = "returned by nat to its client (service web)";
  CHECK(captured.Verdict(reply) == returned);
  CHECK(captured.Verdicts({reply}, 1) ==
        std::vector<std::string>{"handed over to the worker that has its connection"});
  captured.appliance.Turn({}, 0);
  const auto arrived = captured.Take();
  REQUIRE(arrived.size() == 1);
  CHECK(InWords(arrived.front()) == returned);
}

TEST_CASE("a packet is captured as it came, and as much of it as was asked for", "[datapath]") {
  CapturedAppliance captured;
  captured.appliance.parts.services[0].forwarding = ForwardingMode::kIpip;
  captured.appliance.Publish();
  const Frame frame = TcpPacket().From(kClient, 40000).Ack().Payload(std::string(500, 'x')).Build();
  for (const std::uint32_t snap : {14U, 128U, 9216U}) {
    captured.Begin({}, {.snap = snap});
    REQUIRE(captured.appliance.Turn({frame}).at(0) != frame);
    const auto packets = captured.Take();
    REQUIRE(packets.size() == 1);
    CHECK(packets[0].length == frame.size());
    CHECK(packets[0].bytes == std::string(frame.begin(), frame.end()).substr(0, snap));
    captured.desk.End(captured.number);
  }
}

TEST_CASE("a dropped packet says why, whoever drops it", "[datapath]") {
  CapturedAppliance captured;
  captured.Begin();
  CHECK(captured.Verdict(TcpPacket().Flags(0).Build()) == Dropped(DropReason::kTcpFlags));
  CHECK(captured.Verdict(TcpPacket().To("192.0.2.1", 81).Syn().Build()) ==
        Dropped(DropReason::kNoService) + "; answered with tcp_reset");
  CHECK(captured.Verdict(TcpPacket().Syn().EtherType(0x88cc).Build()) ==
        Dropped(DropReason::kEtherType));
  CHECK(captured.Verdict(TcpPacket().From("192.0.2.1", 5).Syn().Build()) ==
        Dropped(DropReason::kMartianSource));
  CHECK(captured.Verdict(TcpPacket().Syn().TruncatedTo(20).Build()) ==
        Dropped(DropReason::kTruncated));
  const std::size_t slot = captured.appliance.RingSlot(WebFlow(40000));
  captured.appliance.neighbours.Clear(slot);
  CHECK(captured.Verdict(Syn(40000)) == Dropped(DropReason::kNoNeighbour) + "; on its way to web-" +
                                            std::to_string(slot + 1) +
                                            " by balanced (service web)");
  captured.appliance.neighbours.Set(slot, TargetMac(slot));
  captured.appliance.port.BlockTransmit(0);
  CHECK(captured.Verdict(Request(40000)) == Dropped(DropReason::kTxFull) + "; on its way to web-" +
                                                std::to_string(slot + 1) +
                                                " by connection (service web)");
  CHECK(captured.appliance.AllAccounted());
}

TEST_CASE("P6: a refused packet says what it was answered with", "[datapath]") {
  CapturedAppliance captured;
  for (TargetView& target : captured.appliance.parts.targets) target.state = TargetState::kDraining;
  captured.appliance.Publish();
  captured.Begin();
  CHECK(captured.Verdict(Syn(40000)) ==
        Dropped(DropReason::kNoTarget) + "; answered with tcp_reset");
  CHECK(captured.Verdict(UdpPacket().From(kClient, 5).To("192.0.2.1", 53).Build()) ==
        Dropped(DropReason::kNoTarget) + "; answered with port_unreachable");
  CHECK(captured.Verdict(TcpPacket().From(kClient, 40001).Rst().Build()) ==
        Dropped(DropReason::kNoTarget));
}

TEST_CASE("a packet that is too long says so", "[datapath]") {
  CapturedAppliance captured;
  captured.appliance.parts.services[0].forwarding = ForwardingMode::kIpip;
  captured.appliance.Publish();
  captured.Begin();
  const auto full = TcpPacket().From(kClient, 40000).Ack().Payload(std::string(1460, 'x'));
  const std::string target = captured.appliance.OnRing(WebFlow(40000));
  CHECK(captured.Verdict(PacketBuilder(full).DontFragment().Build()) ==
        Dropped(DropReason::kOversized) + "; on its way to " + target +
            " by ring (service web); answered with packet_too_big");
  // In pieces; each of them by the device, or none.
  CHECK(captured.Verdict(full.Build()) ==
        "forwarded to " + target + " by connection (service web)");
  captured.appliance.port.BlockTransmit(0);
  CHECK(captured.Verdict(full.Build()) == Dropped(DropReason::kTxFull) + "; on its way to " +
                                              target + " by connection (service web)");
}

TEST_CASE("what is for the balancer itself is local, and the kernel's is the kernel's",
          "[datapath]") {
  CapturedAppliance captured({.kernel_rate = 1000});
  captured.Begin();
  CHECK(captured.Verdict(ArpRequest().From("10.0.0.2").To("192.0.2.1").Build()) ==
        "local: arp_request; answered with arp_reply");
  CHECK(captured.Verdict(ArpRequest().From("10.0.0.2").To("10.0.0.3").Build()) ==
        "local: arp_of_others");
  CHECK(captured.Verdict(EchoRequest().To("192.0.2.1").Build()) ==
        "local: echo_request; answered with echo_reply");
  CHECK(captured.Verdict(TcpPacket().To("10.0.0.1", 179).Syn().Build()) ==
        "kernel: handed to the port's kernel interface");
}

struct Pieces {
  const PacketBuilder piece = UdpPacket().From(kClient, 40000).To("192.0.2.1", 53).IpId(7);
  const Frame first =
      PacketBuilder(piece).Payload(std::string(1000, 'a')).UdpLength(2600).MoreFragments().Build();
  const Frame later =
      PacketBuilder(piece).Payload(std::string(576, 'c')).FragmentOffset(126).Build();
};

TEST_CASE("a fragment that is held is seen when it comes, and when it goes on", "[datapath]") {
  CapturedAppliance captured;
  captured.Begin();
  const std::string target = captured.appliance.OnRing(DnsFlow(40000));
  CHECK(captured.Verdicts({Pieces().later, Pieces().first}) ==
        std::vector<std::string>{"held: a later fragment that waits for its first one",
                                 "forwarded to " + target + " by balanced (service dns)",
                                 "forwarded to " + target + " by connection (service dns)"});
}

TEST_CASE("a fragment that waited in vain is seen to be dropped", "[datapath]") {
  CapturedAppliance captured;
  captured.Begin({.drops_only = true});
  CHECK(captured.Verdicts({Pieces().later}).empty());
  captured.appliance.Advance(1);
  captured.appliance.Turn({});
  const auto packets = captured.Take();
  REQUIRE(packets.size() == 1);
  const Frame later = Pieces().later;
  CHECK(packets[0].bytes == std::string(later.begin(), later.end()).substr(0, 128));
}

TEST_CASE("a filter lets pass what matches all of it", "[datapath]") {
  const Frame tcp = Syn(40000);
  const Frame udp = UdpPacket().From("203.0.113.9", 5).To("192.0.2.1", 53).Build();
  const Frame ping = EchoRequest().From("203.0.113.9").To("192.0.2.1").Build();
  const Frame arp = ArpRequest().From("10.0.0.2").To("10.0.0.1").Build();
  const Frame bad = TcpPacket().From(kClient, 1).Flags(0).Build();
  const Frame ipv6 = TcpPacket().From("2001:db8::7", 1).To("2001:db8:1::1", 80).Syn().Build();
  const std::vector<Frame> all = {tcp, udp, ping, arp, bad, ipv6};
  struct Case {
    CaptureFilter filter;
    std::vector<Frame> passes;
  };
  const Case cases[] = {
      {{}, all},
      {{.client = IpPrefix{AddressNamed(kClient), 32}}, {tcp, bad}},
      {{.client = IpPrefix{AddressNamed("203.0.113.0"), 24}}, {udp, ping}},
      {{.client = IpPrefix{AddressNamed("2001:db8::"), 32}}, {ipv6}},
      {{.vip = AddressNamed("192.0.2.1")}, {tcp, udp, ping, bad}},
      {{.vip = AddressNamed("10.0.0.1")}, {arp}},
      {{.port = 53}, {udp}},
      {{.protocol = CaptureProtocol::kTcp}, {tcp, bad, ipv6}},
      {{.protocol = CaptureProtocol::kUdp}, {udp}},
      {{.protocol = CaptureProtocol::kIcmp}, {ping}},
      {{.client = IpPrefix{AddressNamed(kClient), 32}, .drops_only = true}, {bad}},
      {{.drop_reason = DropReason::kTcpFlags}, {bad}},
      {{.drop_reason = DropReason::kArp}, {}},
      {{.worker = WorkerId{0}}, all},
      {{.worker = WorkerId{1}}, {}},
  };
  CapturedAppliance captured({.workers = 2});
  for (const Case& one : cases) {
    captured.Begin(one.filter, {.snap = 9216});
    captured.appliance.Turn(all);
    std::vector<Frame> passed;
    for (const CapturedPacket& packet : captured.Take())
      passed.emplace_back(packet.bytes.begin(), packet.bytes.end());
    CAPTURE(&one - cases);
    CHECK(passed == one.passes);
    captured.desk.End(captured.number);
  }
}

TEST_CASE("a batch of many packets is told apart", "[datapath]") {
  CapturedAppliance captured;
  captured.Begin({}, {.count = 500});
  std::vector<Frame> frames;
  for (std::uint16_t i = 0; i < 200; ++i)
    frames.push_back(i % 3 == 0 ? TcpPacket().From(kClient, i).Flags(0).Build() : Syn(i));
  captured.appliance.Turn(frames);
  captured.appliance.Turn({});
  const auto packets = captured.Take();
  REQUIRE(packets.size() == frames.size());
  for (std::uint16_t i = 0; i < 200; ++i) {
    CAPTURE(i);
    CHECK(InWords(packets[i]) == (i % 3 == 0
                                      ? Dropped(DropReason::kTcpFlags)
                                      : "forwarded to " + captured.appliance.OnRing(WebFlow(i)) +
                                            " by balanced (service web)"));
  }
  CHECK(captured.appliance.AllAccounted());
}

TEST_CASE("when nobody takes them, packets are lost and counted, and forwarded all the same",
          "[datapath]") {
  CapturedAppliance captured;
  captured.Begin({}, {.snap = 9216, .count = 10'000});  // there is room for 256
  std::size_t sent = 0;
  for (std::uint16_t i = 0; i < 600; ++i) sent += captured.appliance.Turn({Syn(i)}).size();
  CHECK(sent == 600);
  CHECK(captured.desk.Take(captured.number).packets.size() == 256);
  CHECK(captured.desk.Take(captured.number).lost == 600 - 256);
  // Those that come from now on are there again.
  CHECK(captured.Verdict(Request(1)).starts_with("forwarded"));
}

TEST_CASE("a capture ends with its count, and its memory is given back", "[datapath]") {
  CapturedAppliance captured;
  captured.Begin({}, {.count = 3});
  for (std::uint16_t i = 0; i < 5; ++i) captured.appliance.Turn({Syn(i)});
  CaptureDesk::Page page = captured.desk.Take(captured.number);
  CHECK(page.packets.size() == 3);
  CHECK(page.end == CaptureEnd::kCount);
  CHECK(page.lost == 0);
  CHECK(captured.appliance.captures.Current() == nullptr);
  captured.appliance.Turn({});
  CHECK(captured.appliance.rcu.Reclaim() == 0);
  captured.Begin();
  CHECK(captured.Verdict(Syn(1)).starts_with("forwarded"));
}

TEST_CASE("a capture ends with its time, also when its caller is gone", "[datapath]") {
  CapturedAppliance captured;
  captured.Begin();
  captured.appliance.Turn({Syn(1)});
  captured.clock.Advance(absl::Seconds(60));
  CHECK_FALSE(captured.desk.Take(captured.number).end);  // what came in time
  CHECK(captured.desk.Take(captured.number).end == CaptureEnd::kTime);
  CHECK(captured.appliance.captures.Current() == nullptr);

  captured.Begin();
  captured.clock.Advance(absl::Seconds(64));
  captured.desk.EndOverdue();
  CHECK(captured.appliance.captures.Current() != nullptr);
  captured.clock.Advance(absl::Seconds(1));
  captured.desk.EndOverdue();
  CHECK(captured.appliance.captures.Current() == nullptr);
  CHECK(captured.desk.Take(captured.number).end == CaptureEnd::kTime);
}

TEST_CASE("what comes after a capture's time is not its own", "[datapath]") {
  CapturedAppliance captured;
  captured.Begin();
  captured.appliance.Turn({Syn(1)});
  captured.appliance.Advance(60);
  captured.clock.Advance(absl::Seconds(60));
  captured.appliance.Turn({Syn(2), Syn(3)});
  CHECK(captured.Take().size() == 1);
  captured.appliance.Turn({Syn(4)});  // it comes all the time
  const CaptureDesk::Page page = captured.desk.Take(captured.number);
  CHECK(page.packets.empty());
  CHECK(page.end == CaptureEnd::kTime);
}

TEST_CASE("a second capture is refused, and told who has the first", "[datapath]") {
  CapturedAppliance captured;
  const std::uint64_t first = captured.Begin();
  const auto second = captured.desk.Begin({}, "ipv4:10.0.0.10:1");
  CHECK(absl::IsResourceExhausted(second.status()));
  CHECK_THAT(std::string(second.status().message()),
             Catch::StartsWith("ipv4:10.0.0.9:4711 captures since 20"));
  captured.desk.End(first);
  const std::uint64_t third = captured.Begin();
  captured.desk.End(first);  // it is not the first one's any more
  CHECK(captured.appliance.captures.Current() != nullptr);
  captured.desk.End(third);
  CHECK(absl::IsInvalidArgument(
      captured.desk.Begin({.filter = {.worker = WorkerId{1}}}, "x").status()));
}

}  // namespace
}  // namespace holdfast
