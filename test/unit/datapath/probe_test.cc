// Health checks of the kernel's leave for their targets, as clients' packets do. Rows: S.
#include <catch2/catch.hpp>

#include "datapath/flows.h"
#include "datapath/kernel_end.h"
#include "support/test_eal.h"
#include "wire/headers.h"

namespace holdfast {
namespace {

constexpr std::uint16_t kPort = ProbeTable::kFirstPort + 7;
constexpr std::size_t kEthernet = sizeof(EthernetHeader);

Frame ProbeFrom(std::uint16_t port, const char* own = "10.0.0.1", const char* vip = "192.0.2.1") {
  return TcpPacket().Macs(kBalancerMac, kClientMac).From(own, port).To(vip, 80).Syn().Build();
}

struct Fixture {
  TestAppliance appliance{{.kernel_rate = 1000}};

  std::vector<Frame> Send(const Frame& frame) {
    KernelSends(appliance, frame);
    return appliance.Turn({});
  }
  std::uint64_t Count(Reply reply) { return appliance.counters().replies[reply].Read(); }
  void Forward(ForwardingMode mode) {
    appliance.parts.services[0].forwarding = mode;
    appliance.Publish();
  }
};

// The packet in the last bytes of a frame, without what a short frame is padded with.
Frame PacketAtEnd(const Frame& frame, std::size_t before) {
  const std::size_t length = frame[before + 2] << 8 | frame[before + 3];
  return {frame.begin() + static_cast<std::ptrdiff_t>(before),
          frame.begin() + static_cast<std::ptrdiff_t>(before + length)};
}

TEST_CASE_METHOD(Fixture, "a check goes to the target that its port is of, whatever the ring says",
                 "[datapath]") {
  for (std::size_t slot = 0; slot < 3; ++slot) {
    const auto port = static_cast<std::uint16_t>(kPort + slot);
    appliance.probes.Set(port, {Target(slot), kWeb});
    const auto sent = Send(ProbeFrom(port));
    REQUIRE(sent.size() == 1);
    CHECK(Load<EthernetHeader>(sent[0].data()).destination == TargetMac(slot));
    CHECK(Load<EthernetHeader>(sent[0].data()).source == kBalancerMac);
    CHECK(PacketAtEnd(sent[0], kEthernet) == PacketAtEnd(ProbeFrom(port), kEthernet));
  }
  CHECK(Count(Reply::kProbe) == 3);
  CHECK(appliance.counters().tx_packets.Read() == 3);
  // It is no client's: nothing remembers it, nothing counts it as one.
  CHECK(appliance.counters().connections_inserted.Read() == 0);
  CHECK(appliance.AllAccounted());
}

TEST_CASE_METHOD(Fixture, "a check takes the target's forwarding mode", "[datapath]") {
  appliance.probes.Set(kPort, {Target(1), kWeb});
  constexpr std::size_t kIpip = sizeof(Ipv4Header);
  constexpr std::size_t kGue = kIpip + 8;
  for (const auto& [mode, growth] :
       {std::pair(ForwardingMode::kIpip, kIpip), std::pair(ForwardingMode::kGue, kGue)}) {
    Forward(mode);
    const auto sent = Send(ProbeFrom(kPort));
    REQUIRE(sent.size() == 1);
    const auto outer = Load<Ipv4Header>(sent[0].data() + kEthernet);
    CHECK(IpAddress::FromV4(outer.destination.value()) == appliance.parts.targets[1].address);
    CHECK(IpAddress::FromV4(outer.source.value()) == AddressNamed("10.0.0.1"));
    CHECK(PacketAtEnd(sent[0], kEthernet + growth) == PacketAtEnd(ProbeFrom(kPort), kEthernet));
  }
}

TEST_CASE_METHOD(Fixture, "a check of a target that is down or drains still leaves", "[datapath]") {
  appliance.probes.Set(kPort, {Target(1), kWeb});
  appliance.parts.services[0].balancing.down = {Target(1)};
  appliance.parts.targets[1].state = TargetState::kDraining;
  appliance.Publish();
  CHECK(Send(ProbeFrom(kPort)).size() == 1);
  CHECK(Count(Reply::kProbe) == 1);
}

TEST_CASE_METHOD(Fixture, "a check that has no way to its target is lost, and counted",
                 "[datapath]") {
  appliance.probes.Set(kPort, {Target(1), kWeb});
  appliance.parts.targets[1].state = TargetState::kRemoved;
  appliance.Publish();
  CHECK(Send(ProbeFrom(kPort)).empty());
  appliance.probes.Set(kPort, {Target(1).NextGeneration(), kWeb});
  CHECK(Send(ProbeFrom(kPort)).empty());
  appliance.probes.Set(kPort, {Target(0), ServiceSlot{77}});
  CHECK(Send(ProbeFrom(kPort)).empty());
  CHECK(Count(Reply::kProbeLost) == 3);
  CHECK(Count(Reply::kProbe) == 0);
  CHECK(appliance.counters().tx_packets.Read() == 0);
}

TEST_CASE_METHOD(Fixture, "what the kernel sends besides leaves as it is", "[datapath]") {
  appliance.probes.Set(kPort, {Target(1), kWeb});
  const Frame frames[] = {
      ProbeFrom(kPort + 1),
      ProbeFrom(443),
      ProbeFrom(kPort, "10.0.0.1", "10.0.0.2"),
      UdpPacket()
          .Macs(kBalancerMac, kClientMac)
          .From("10.0.0.1", kPort)
          .To("192.0.2.1", 53)
          .Build(),
  };
  for (const Frame& frame : frames) {
    CAPTURE(&frame - frames);
    CHECK(Send(frame) == std::vector<Frame>{frame});
  }
  CHECK(Count(Reply::kProbe) == 0);
}

}  // namespace
}  // namespace holdfast
