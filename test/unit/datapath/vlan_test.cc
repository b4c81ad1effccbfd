// Ports that are VLANs of one device (IEEE 802.1Q).
#include <rte_mbuf.h>

#include <catch2/catch.hpp>

#include "datapath/flows.h"
#include "datapath/kernel_end.h"
#include "support/test_eal.h"

namespace holdfast {
namespace {

constexpr std::uint16_t kClients = 10;  // VLANs, of ports 0 and 1
constexpr std::uint16_t kTargets = 20;
constexpr std::size_t kMacs = 12;

Frame Tagged(Frame frame, unsigned tag) {
  Frame bytes;
  Append16(bytes, 0x8100);
  Append16(bytes, tag);
  frame.insert(frame.begin() + kMacs, bytes.begin(), bytes.end());
  return frame;
}
// -1: no tag.
int TagOf(const Frame& frame) {
  if (frame.size() < kMacs + 4 || frame[kMacs] != 0x81 || frame[kMacs + 1] != 0) return -1;
  return frame[kMacs + 2] << 8 | frame[kMacs + 3];
}
Frame Untagged(Frame frame) {
  REQUIRE(TagOf(frame) >= 0);
  frame.erase(frame.begin() + kMacs, frame.begin() + kMacs + 4);
  return frame;
}

// Clients are in the one VLAN, targets in the other.
struct VlanAppliance : TestAppliance {
  explicit VlanAppliance(Options options = {}) : TestAppliance(WithVlans(options)) {
    for (TargetView& target : parts.targets) target.port = PortIndex{1};
    Publish();
  }
  static Options WithVlans(Options options) {
    if (options.vlans.empty()) options.vlans = {kClients, kTargets};
    return options;
  }
  std::uint64_t Drops(DropReason reason = DropReason::kVlan) {
    return counters().drops[reason].Read();
  }
};

TEST_CASE("a packet comes by one VLAN and goes to its target by another", "[datapath]") {
  for (const ForwardingMode mode :
       {ForwardingMode::kL2, ForwardingMode::kIpip, ForwardingMode::kGue}) {
    VlanAppliance appliance;
    appliance.parts.services[0].forwarding = mode;
    appliance.Publish();
    const auto sent = appliance.Turn({Tagged(Syn(40000), kClients)});
    REQUIRE(sent.size() == 1);
    CHECK(TagOf(sent[0]) == kTargets);
    CHECK(appliance.DestinationOf(sent[0]) == appliance.OnRing(WebFlow(40000)));
    // But for the tag, as without VLANs.
    TestAppliance plain;
    plain.parts.services[0].forwarding = mode;
    plain.Publish();
    Frame wanted = plain.Turn({Syn(40000)}).at(0);
    Frame got = Untagged(sent[0]);
    if (mode != ForwardingMode::kL2) {
      // The outer source is the other port's.
      CHECK(got[28] == 1);
      got[28] = wanted[28];
      got[24] = wanted[24], got[25] = wanted[25];  // its checksum
    }
    CHECK(got == wanted);
    CHECK(appliance.AllAccounted());
  }
}

TEST_CASE("the balancer answers in the VLAN that it was asked in", "[datapath]") {
  VlanAppliance appliance;
  const Frame arp = ArpRequest().From("10.0.0.2").To("10.0.0.1").Build();
  const auto answer = appliance.Turn({Tagged(arp, kClients)});
  REQUIRE(answer.size() == 1);
  CHECK(TagOf(answer[0]) == kClients);
  CHECK(appliance.DestinationOf(answer[0]) == "client");
  const auto echo = appliance.Turn({Tagged(EchoRequest().To("10.0.1.1").Build(), kTargets)});
  REQUIRE(echo.size() == 1);
  CHECK(TagOf(echo[0]) == kTargets);
  // No target takes it: the reset, too.
  for (TargetView& target : appliance.parts.targets) target.state = TargetState::kDraining;
  appliance.Publish();
  const auto reset = appliance.Turn({Tagged(Syn(40001), kClients)});
  REQUIRE(reset.size() == 1);
  CHECK(TagOf(reset[0]) == kClients);
}

TEST_CASE("what is of no port's VLAN is dropped and counted", "[datapath]") {
  VlanAppliance appliance;
  CHECK(appliance.Turn({Syn(40000)}).empty());
  CHECK(appliance.Turn({Tagged(Syn(40000), 0)}).empty());
  CHECK(appliance.Turn({Tagged(Syn(40000), 11)}).empty());
  CHECK(appliance.Turn({Tagged(Syn(40000), 4095)}).empty());
  CHECK(appliance.Drops() == 4);
  // A tag that is cut off, and two tags.
  Frame cut = Tagged(Syn(40000), kClients);
  cut.resize(15);
  CHECK(appliance.Turn({cut}).empty());
  CHECK(appliance.Turn({Tagged(Tagged(Syn(40000), 30), kClients)}).empty());
  CHECK(appliance.Drops() == 5);
  CHECK(appliance.Drops(DropReason::kEtherType) == 1);
  CHECK(appliance.AllAccounted());
}

TEST_CASE("a tag's priority is nothing to us", "[datapath]") {
  VlanAppliance appliance;
  const auto sent = appliance.Turn({Tagged(Syn(40000), 0xe000 | kClients)});
  REQUIRE(sent.size() == 1);
  CHECK(TagOf(sent[0]) == kTargets);
}

TEST_CASE("one port of a device may have no tag", "[datapath]") {
  VlanAppliance appliance({.vlans = {0, kTargets}});
  for (const Frame& frame : {Syn(40000), Tagged(Syn(40001), 0)}) {
    const auto sent = appliance.Turn({frame});
    REQUIRE(sent.size() == 1);
    CHECK(TagOf(sent[0]) == kTargets);
  }
  const auto answer = appliance.Turn({ArpRequest().From("10.0.0.2").To("10.0.0.1").Build()});
  REQUIRE(answer.size() == 1);
  CHECK(TagOf(answer[0]) == -1);
}

TEST_CASE("frames of VLANs that take turns all arrive, each VLAN's in order", "[datapath]") {
  VlanAppliance appliance;
  std::vector<Frame> frames;
  for (std::uint16_t i = 0; i < 200; ++i) {
    frames.push_back(Tagged(Syn(static_cast<std::uint16_t>(1000 + i)), kClients));
    frames.push_back(
        Tagged(ArpRequest().From("10.0.1.2").To("10.0.1.1").Build(), i % 2 == 0 ? kTargets : 99));
  }
  std::vector<std::uint16_t> ports;
  std::size_t answers = 0;
  auto sent = appliance.Turn(frames);
  for (int turn = 0; turn < 20; ++turn) {
    for (const Frame& frame : sent) {
      const Frame plain = Untagged(frame);
      if (plain[12] == 8 && plain[13] == 6)
        ++answers;
      else
        ports.push_back(static_cast<std::uint16_t>(plain[34] << 8 | plain[35]));
    }
    sent = appliance.Turn({});
  }
  CHECK(answers == 100);
  REQUIRE(ports.size() == 200);
  CHECK(std::ranges::is_sorted(ports));
  CHECK(appliance.Drops() == 100);
  CHECK(appliance.AllAccounted());
}

TEST_CASE("what others send by a port gets its tag", "[datapath]") {
  VlanAppliance appliance({.kernel_rate = 100});
  const auto push = [](OutgoingRing& ring, PortIndex port) {
    rte_mbuf* const mbuf = rte_pktmbuf_alloc(TestPackets());
    const Frame frame = ArpRequest().From("10.0.1.1").To("10.0.1.2").Build();
    std::copy(frame.begin(), frame.end(),
              reinterpret_cast<std::uint8_t*>(
                  rte_pktmbuf_append(mbuf, static_cast<std::uint16_t>(frame.size()))));
    REQUIRE(ring.Push({.mbuf = mbuf, .port = port}));
    return frame;
  };
  for (OutgoingRing* const ring : {&appliance.outgoing(), &appliance.kernel()->from_kernel}) {
    const Frame frame = push(*ring, PortIndex{1});
    const auto sent = appliance.Turn({});
    REQUIRE(sent.size() == 1);
    CHECK(TagOf(sent[0]) == kTargets);
    CHECK(Untagged(sent[0]) == frame);
  }
}

TEST_CASE("a health check has its target's tag, once", "[datapath]") {
  VlanAppliance appliance({.kernel_rate = 100});
  constexpr std::uint16_t kPort = ProbeTable::kFirstPort + 7;
  appliance.probes.Set(kPort, {Target(1), kWeb});
  KernelSends(appliance, TcpPacket()
                             .Macs(kBalancerMac, kClientMac)
                             .From("10.0.0.1", kPort)
                             .To("192.0.2.1", 80)
                             .Syn()
                             .Build());
  const auto sent = appliance.Turn({});
  REQUIRE(sent.size() == 1);
  CHECK(TagOf(sent[0]) == kTargets);
  CHECK(TagOf(Untagged(sent[0])) == -1);
  CHECK(appliance.DestinationOf(sent[0]) == "web-2");
}

TEST_CASE("the kernel gets what is its own without a tag, by the port that it came by",
          "[datapath]") {
  VlanAppliance appliance({.kernel_rate = 100});
  const Frame ssh = TcpPacket().From("10.0.1.2", 5000).To("10.0.1.1", 22).Syn().Build();
  CHECK(appliance.Turn({Tagged(ssh, kTargets)}).empty());
  std::array<OutgoingFrame, 2> given;
  REQUIRE(appliance.kernel()->to_kernel.Pop(given) == 1);
  CHECK(given[0].port == PortIndex{1});
  const auto* const bytes = rte_pktmbuf_mtod(given[0].mbuf, const std::uint8_t*);
  CHECK(Frame(bytes, bytes + rte_pktmbuf_data_len(given[0].mbuf)) == ssh);
  rte_pktmbuf_free(given[0].mbuf);
}

TEST_CASE("by nat, both directions have their VLANs", "[datapath]") {
  VlanAppliance appliance({.nat_ports = PortRange(20000, 20127)});
  appliance.parts.services[0].forwarding = ForwardingMode::kNat;
  appliance.Publish();
  const auto sent = appliance.Turn({Tagged(Syn(40000), kClients)});
  REQUIRE(sent.size() == 1);
  CHECK(TagOf(sent[0]) == kTargets);
  const std::size_t slot = appliance.RingSlot(WebFlow(40000));
  const Frame answer = TcpPacket()
                           .From("10.0.0." + std::to_string(11 + slot), 80)
                           .To("10.0.1.1", 20000)
                           .Syn()
                           .Ack()
                           .Build();
  const auto back = appliance.Turn({Tagged(answer, kTargets)});
  REQUIRE(back.size() == 1);
  CHECK(TagOf(back[0]) == kClients);
  CHECK(appliance.DestinationOf(back[0]) == "client");
  CHECK(appliance.AllAccounted());
}

TEST_CASE("pieces of what is too long have the tag, too", "[datapath]") {
  VlanAppliance appliance;
  appliance.parts.services[1].forwarding = ForwardingMode::kIpip;
  appliance.Publish();
  const auto sent = appliance.Turn({Tagged(
      UdpPacket().From(kClient, 5000).To("192.0.2.1", 53).Payload(std::string(1472, 'x')).Build(),
      kClients)});
  REQUIRE(sent.size() == 2);
  for (const Frame& frame : sent) CHECK(TagOf(frame) == kTargets);
}

}  // namespace
}  // namespace holdfast
