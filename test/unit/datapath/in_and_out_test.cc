// What a worker answers itself, drops and sends: everything received is accounted for.
#include <rte_mbuf.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <random>

#include "datapath/flows.h"
#include "support/test_eal.h"
#include "wire/arp.h"
#include "wire/headers.h"

namespace holdfast {
namespace {

std::uint64_t Drops(TestAppliance& appliance, DropReason reason) {
  return appliance.counters().drops[reason].Read();
}
std::uint64_t Local(TestAppliance& appliance, LocalPacket kind) {
  return appliance.counters().local[kind].Read();
}

// What the worker told the management core since.
std::vector<NeighbourEvent> Heard(TestAppliance& appliance) {
  std::vector<NeighbourEvent> events(64);
  events.resize(appliance.events().Pop(events));
  return events;
}

TEST_CASE("ARP requests for VIPs and own addresses are answered", "[datapath]") {
  TestAppliance appliance;
  for (const char* address : {"192.0.2.1", "10.0.0.1"}) {
    const auto sent = appliance.Turn({ArpRequest().From("10.0.0.2").To(address).Build()});
    REQUIRE(sent.size() == 1);
    const auto answer = ParseArp({sent[0].data(), static_cast<std::uint32_t>(sent[0].size())});
    REQUIRE(answer);
    CHECK(answer->operation == ArpOperation::kReply);
    CHECK(answer->sender_ip == AddressNamed(address));
    CHECK(answer->sender_mac == kBalancerMac);
    CHECK(appliance.DestinationOf(sent[0]) == "client");
  }
  CHECK(Local(appliance, LocalPacket::kArpRequest) == 2);
  CHECK(appliance.counters().replies[Reply::kArpReply].Read() == 2);
  // Who asks is a neighbour.
  CHECK(Heard(appliance).size() == 2);
  CHECK(appliance.AllAccounted());
}

TEST_CASE("ARP between others is nobody's loss, and an announcement is heard", "[datapath]") {
  TestAppliance appliance;
  CHECK(appliance.Turn({ArpRequest().From("10.0.0.2").To("10.0.0.3").Build()}).empty());
  CHECK(Local(appliance, LocalPacket::kArpOfOthers) == 1);
  CHECK(Heard(appliance).empty());

  CHECK(appliance.Turn({ArpRequest().From("10.0.0.11").To("10.0.0.11").Build()}).empty());
  const auto heard = Heard(appliance);
  REQUIRE(heard.size() == 1);
  CHECK(heard[0].address == AddressNamed("10.0.0.11"));
  CHECK(heard[0].mac == kClientMac);
  CHECK(Drops(appliance, DropReason::kArp) == 0);
}

TEST_CASE("a stranger that claims one of our addresses is not believed", "[datapath]") {
  TestAppliance appliance;
  appliance.Turn({ArpRequest().From("192.0.2.1").To("192.0.2.1").Build(),
                  ArpRequest().From("10.0.0.1").To("10.0.0.2").Build(),
                  ArpReply().From("10.0.0.1").To("10.0.0.1").Build(),
                  ArpRequest().From("192.0.2.1").To("10.0.0.1").Build()});
  CHECK(Drops(appliance, DropReason::kAddressConflict) == 4);
  const auto events = Heard(appliance);
  REQUIRE(events.size() == 4);
  for (const NeighbourEvent& event : events) CHECK(event.kind == NeighbourEvent::Kind::kClaimsOurs);
  CHECK(events[0].address == AddressNamed("192.0.2.1"));
  CHECK(events[0].mac == kClientMac);
  CHECK(appliance.counters().tx_packets.Read() == 0);
  CHECK(appliance.AllAccounted());
}

TEST_CASE("what another port of ours says of our addresses is no lie", "[datapath]") {
  TestAppliance appliance;
  appliance.Turn({ArpRequest().From("10.0.0.1").To("10.0.0.2").SenderMac(kBalancerMac).Build()});
  CHECK(Drops(appliance, DropReason::kAddressConflict) == 0);
  CHECK(Local(appliance, LocalPacket::kArpOfOthers) == 1);
  CHECK(Heard(appliance).empty());
}

TEST_CASE("what the management core does not fetch in time is counted", "[datapath]") {
  TestAppliance appliance;
  for (int i = 0; i < 70; ++i)
    appliance.Turn({ArpRequest().From("10.0.0.2").To("10.0.0.1").Build()});
  CHECK(appliance.counters().neighbour_events_lost.Read() == 70 - 63);
}

TEST_CASE("echo requests to VIPs and own addresses are answered", "[datapath]") {
  TestAppliance appliance;
  for (const char* address : {"192.0.2.1", "10.0.0.1"}) {
    const auto sent =
        appliance.Turn({EchoRequest().From(kClient).To(address).Payload("ping").Build()});
    REQUIRE(sent.size() == 1);
    CHECK(Load<IcmpHeader>(sent[0].data() + 34).type == kIcmpEchoReply);
    CHECK(appliance.DestinationOf(sent[0]) == "client");
  }
  CHECK(Local(appliance, LocalPacket::kEchoRequest) == 2);
}

TEST_CASE("what is not for a service is dropped under its name", "[datapath]") {
  struct Case {
    Frame frame;
    DropReason reason;
  };
  const Case cases[] = {
      {TcpPacket().To("10.0.0.1", 80).Syn().Build(), DropReason::kNoService},
      {TcpPacket().To("203.0.113.9", 80).Syn().Build(), DropReason::kNotOurAddress},
      {EchoRequest().To("203.0.113.9").Build(), DropReason::kNotOurAddress},
      {EchoRequest().To("192.0.2.1").IcmpType(5).Build(), DropReason::kIcmp},
      {TcpPacket().From("192.0.2.1", 1).To("192.0.2.1", 80).Syn().Build(),
       DropReason::kMartianSource},
      {EchoRequest().From("10.0.0.255").To("192.0.2.1").Build(), DropReason::kMartianSource},
      {TcpPacket().Macs(kBalancerMac, kBalancerMac).Syn().Build(), DropReason::kLooped},
      {TcpPacket().Syn().Fin().Build(), DropReason::kTcpFlags},
      {EchoRequest().To("192.0.2.1").MoreFragments().Build(), DropReason::kFragment},
      {TcpPacket().Syn().TruncatedTo(40).Build(), DropReason::kTruncated},
      {TcpPacket().Syn().EtherType(0x88cc).Build(), DropReason::kEtherType},
  };
  for (const Case& each : cases) {
    TestAppliance appliance;
    CAPTURE(kDropReasons[static_cast<std::size_t>(each.reason)].name);
    CHECK(appliance.Turn({each.frame}).empty());
    CHECK(Drops(appliance, each.reason) == 1);
    CHECK(appliance.AllAccounted());
  }
}

TEST_CASE("a packet for a target without a known MAC is dropped, its connection remembered",
          "[datapath]") {
  TestAppliance appliance;
  for (std::size_t slot = 0; slot < 3; ++slot) appliance.neighbours.Clear(slot);
  CHECK(appliance.Where(Syn(40001)).empty());
  CHECK(Drops(appliance, DropReason::kNoNeighbour) == 1);
  for (std::size_t slot = 0; slot < 3; ++slot) appliance.neighbours.Set(slot, TargetMac(slot));
  CHECK(appliance.Where(Syn(40001)) == appliance.OnRing(WebFlow(40001)));
  CHECK(appliance.counters().services[Index(kWeb)].requests[Decision::kBalanced].Read() == 1);
}

TEST_CASE("a packet that is longer than the port's MTU does not leave as it is", "[datapath]") {
  TestAppliance appliance;
  const std::string payload(1461, 'x');
  CHECK(appliance.Where(FromPort(40001).Ack().Payload(payload).DontFragment().Build()) ==
        "client");  // who is told
  CHECK(Drops(appliance, DropReason::kOversized) == 1);
  CHECK(!appliance.Where(FromPort(40001).Ack().Payload(payload.substr(1)).Build()).empty());
}

TEST_CASE("ipip: a packet leaves inside another IPv4 header, without its padding", "[datapath]") {
  TestAppliance appliance;
  for (ServiceView& service : appliance.parts.services) service.forwarding = ForwardingMode::kIpip;
  appliance.Publish();
  const Frame frame = FromPort(40001).Syn().Build();
  const auto sent = appliance.Turn({FromPort(40001).Syn().PaddedTo(80).Build()});
  REQUIRE(sent.size() == 1);
  CHECK(appliance.DestinationOf(sent[0]) == appliance.OnRing(WebFlow(40001)));
  const auto outer = Load<Ipv4Header>(sent[0].data() + 14);
  CHECK(outer.source.value() == AddressNamed("10.0.0.1").V4());
  CHECK(outer.destination.value() ==
        appliance.parts.targets[appliance.RingSlot(WebFlow(40001))].address.V4());
  CHECK(Frame(sent[0].begin() + 34, sent[0].end()) == Frame(frame.begin() + 14, frame.end()));
  CHECK(appliance.counters().services[Index(kWeb)].bytes.Read() == 80);

  // 20 bytes of the MTU are the outer header's.
  CHECK(appliance.Turn({FromPort(40001).Ack().Payload(std::string(1441, 'x')).Build()}).size() ==
        2);
  CHECK(appliance.Turn({FromPort(40001).Ack().Payload(std::string(1440, 'x')).Build()}).size() ==
        1);
  CHECK(appliance.AllAccounted());
}

TEST_CASE("a target that gets another MAC is reached there at once", "[datapath]") {
  TestAppliance appliance;
  appliance.Where(Syn(40001));
  const std::size_t slot = appliance.RingSlot(WebFlow(40001));
  const MacAddress other{{0x02, 0, 0, 0, 9, 9}};
  appliance.neighbours.Set(slot, other);
  CHECK(appliance.Where(Ack(40001)) == other.ToString());
}

TEST_CASE("what the device does not take is dropped", "[datapath]") {
  TestAppliance appliance;
  appliance.port.BlockTransmit(0);
  appliance.port.Deliver(0, Syn(40001));
  appliance.port.Deliver(0, ArpRequest().From("10.0.0.2").To("10.0.0.1").Build());
  appliance.rcu.Online(WorkerId{0});
  appliance.worker(0).RunTurn();
  appliance.rcu.Offline(WorkerId{0});
  CHECK(Drops(appliance, DropReason::kTxFull) == 1);
  CHECK(appliance.counters().replies[Reply::kArpReply].Read() == 0);
  CHECK(appliance.counters().tx_packets.Read() == 0);
  CHECK(appliance.AllAccounted());
}

TEST_CASE("a frame of the management core is sent as it is", "[datapath]") {
  TestAppliance appliance;
  const Frame frame = ArpRequest().From("10.0.0.1").To("10.0.0.11").Build();
  rte_mbuf* mbuf = rte_pktmbuf_alloc(TestPackets());
  std::memcpy(rte_pktmbuf_append(mbuf, static_cast<std::uint16_t>(frame.size())), frame.data(),
              frame.size());
  REQUIRE(appliance.outgoing().Push({.mbuf = mbuf, .port = PortIndex{0}}));
  const auto sent = appliance.Turn({});
  REQUIRE(sent.size() == 1);
  CHECK(sent[0] == frame);
  CHECK(appliance.counters().replies[Reply::kInjected].Read() == 1);
}

// Bytes that nobody chose: what a wire can do to a right frame, and pure noise.
TEST_CASE("whatever comes is accounted for", "[datapath]") {
  TestAppliance appliance;
  const std::vector<Frame> seeds = {Syn(40001), Query(5000), Request(40002),
                                    ArpRequest().From("10.0.0.2").To("10.0.0.1").Build(),
                                    EchoRequest().From(kClient).To("192.0.2.1").Build()};
  std::minstd_rand random(2026);
  for (int round = 0; round < 20'000; ++round) {
    Frame frame = seeds[random() % seeds.size()];
    for (unsigned change = random() % 4; change > 0; --change)
      frame[random() % frame.size()] = static_cast<std::uint8_t>(random());
    if (random() % 4 == 0) frame.resize(random() % (frame.size() + 1));
    appliance.Turn({frame});
  }
  CHECK(appliance.counters().rx_packets.Read() == 20'000);
  CHECK(appliance.AllAccounted());
}

}  // namespace
}  // namespace holdfast
