// What a worker gives the kernel, what it keeps, and what it sends for it. Rows: O.
#include <catch2/catch.hpp>

#include "datapath/flows.h"
#include "datapath/kernel_end.h"
#include "support/test_eal.h"
#include "wire/headers.h"

namespace holdfast {
namespace {

constexpr std::uint32_t kRate = 1000;  // 50 at once

std::uint64_t Drops(TestAppliance& appliance, DropReason reason) {
  return appliance.counters().drops[reason].Read();
}
std::uint64_t ToKernel(TestAppliance& appliance) {
  return appliance.counters().local[LocalPacket::kKernel].Read();
}

TEST_CASE("what is not for a service, not malformed and not another's is the kernel's",
          "[datapath]") {
  const MacAddress group{{0x01, 0, 0x5e, 0, 0, 5}};
  const Frame frames[] = {
      TcpPacket().To("10.0.0.1", 179).Syn().Build(),
      UdpPacket().To("10.0.0.1", 123).Build(),
      EchoRequest().To("10.0.0.1").Build(),
      EchoRequest().To("10.0.0.1").IcmpType(3).Build(),
      TcpPacket().To("10.0.0.1", 179).Syn().MoreFragments().Build(),
      TcpPacket().From("192.0.2.1", 80).To("10.0.0.1", 40000).Ack().Build(),  // of a health check
      TcpPacket().To("203.0.113.9", 80).Syn().Build(),
      EchoRequest().To("203.0.113.9").Build(),
      TcpPacket().Syn().EtherType(0x88cc).Build(),
      UdpPacket().Macs(kClientMac, group).To("224.0.0.5", 89).Build(),
      UdpPacket().Macs(kClientMac, kBroadcastMac).To("10.0.0.255", 67).Build(),
      ArpReply().From("10.0.0.2").To("10.0.0.1").Build(),
      ArpRequest().From("10.0.0.2").To("10.0.0.2").Build(),
  };
  for (const Frame& frame : frames) {
    TestAppliance appliance({.kernel_rate = kRate});
    CAPTURE(&frame - frames);
    CHECK(appliance.Turn({frame}).empty());
    CHECK(KernelGets(appliance) == std::vector<Frame>{frame});
    CHECK(ToKernel(appliance) == 1);
    CHECK(appliance.AllAccounted());
  }
}

TEST_CASE("what the worker keeps, though there is a kernel interface", "[datapath]") {
  struct Case {
    Frame frame;
    DropReason reason;
  };
  const MacAddress other{{0x02, 0, 0, 0, 9, 9}};
  const Case cases[] = {
      {TcpPacket().To("192.0.2.1", 81).Rst().Build(), DropReason::kNoService},
      {EchoRequest().To("192.0.2.1").MoreFragments().Build(), DropReason::kFragment},
      {EchoRequest().To("192.0.2.1").IcmpType(5).Build(), DropReason::kIcmp},
      {TcpPacket().From("127.0.0.1", 1).To("10.0.0.1", 80).Syn().Build(),
       DropReason::kMartianSource},
      {TcpPacket().Macs(kClientMac, other).Syn().Build(), DropReason::kNotOurMac},
      {TcpPacket().Macs(kBalancerMac, kBalancerMac).Syn().Build(), DropReason::kLooped},
      {TcpPacket().To("10.0.0.1", 80).Syn().Fin().Build(), DropReason::kTcpFlags},
      {TcpPacket().To("10.0.0.1", 80).Syn().TruncatedTo(40).Build(), DropReason::kTruncated},
  };
  for (const Case& each : cases) {
    TestAppliance appliance({.kernel_rate = kRate});
    CAPTURE(kDropReasons[static_cast<std::size_t>(each.reason)].name);
    CHECK(appliance.Turn({each.frame}).empty());
    CHECK(Drops(appliance, each.reason) == 1);
    CHECK(KernelGets(appliance).empty());
  }
  TestAppliance appliance({.kernel_rate = kRate});
  CHECK_FALSE(appliance.Where(Syn(40001)).empty());
  CHECK(appliance.Turn({EchoRequest().From(kClient).To("192.0.2.1").Build()}).size() == 1);
  CHECK(appliance.Turn({ArpRequest().From("10.0.0.2").To("10.0.0.1").Build()}).size() == 1);
  CHECK(KernelGets(appliance).empty());
}

TEST_CASE("no_service: kernel gives the kernel what no service of a VIP has", "[datapath]") {
  const Frame frame = TcpPacket().To("192.0.2.1", 81).Syn().Build();
  for (const std::uint32_t rate : {kRate, std::uint32_t{0}}) {
    TestAppliance appliance({.kernel_rate = rate});
    appliance.parts.no_service = NoServicePolicy::kKernel;
    appliance.Publish();
    CHECK(appliance.Turn({frame}).empty());
    CHECK(Drops(appliance, DropReason::kNoService) == (rate == 0 ? 1 : 0));
    if (rate != 0) CHECK(KernelGets(appliance) == std::vector<Frame>{frame});
    CHECK(appliance.AllAccounted());
  }
}

TEST_CASE("a flood gets so many a second, and service packets in it are forwarded", "[datapath]") {
  TestAppliance appliance({.kernel_rate = kRate});
  const Frame flood = TcpPacket().To("10.0.0.1", 9).Syn().Build();
  std::size_t got = 0;
  for (int turn = 0; turn < 20; ++turn) {
    std::vector<Frame> frames(60, flood);
    frames.push_back(Syn(static_cast<std::uint16_t>(40000 + turn)));
    CHECK(appliance.Turn(frames).size() == 1);
    got += KernelGets(appliance).size();
  }
  CHECK(got == kRate / 20);
  CHECK(ToKernel(appliance) == got);
  CHECK(Drops(appliance, DropReason::kKernelRate) == 20 * 60 - got);
  appliance.Advance(1);
  appliance.Turn({flood});
  CHECK(KernelGets(appliance).size() == 1);
  CHECK(appliance.AllAccounted());
}

TEST_CASE("a kernel that takes nothing holds so many buffers, and no more", "[datapath]") {
  TestAppliance appliance({.kernel_rate = 1'000'000});
  const Frame flood = TcpPacket().To("10.0.0.1", 9).Syn().Build();
  for (int turn = 0; turn < 10; ++turn) appliance.Turn(std::vector<Frame>(60, flood));
  CHECK(ToKernel(appliance) == KernelLane::kMostToKernel);
  CHECK(Drops(appliance, DropReason::kKernelFull) == 600 - KernelLane::kMostToKernel);
  CHECK(KernelGets(appliance).size() == KernelLane::kMostToKernel);
  for (int turn = 0; turn < 4; ++turn) appliance.Turn(std::vector<Frame>(60, flood));
  CHECK(KernelGets(appliance).size() == 240);
  CHECK(appliance.AllAccounted());
}

TEST_CASE("what the kernel sends leaves as it is, and its buffer is replaced", "[datapath]") {
  TestAppliance appliance({.kernel_rate = kRate});
  const Frame frame = TcpPacket().To("10.0.0.2", 179).Syn().Build();
  for (std::size_t i = 0; i < 3 * KernelLane::kBlanks; ++i) {
    KernelSends(appliance, frame);
    CHECK(appliance.Turn({}) == std::vector<Frame>{frame});
  }
  KernelSends(appliance, TcpPacket().To("192.0.2.1", 80).Syn().Build());
  CHECK(appliance.Turn({}).size() == 1);
  const auto& replies = appliance.counters().replies;
  CHECK(replies[Reply::kFromKernel].Read() == 3 * KernelLane::kBlanks);
  CHECK(replies[Reply::kFromKernelToVip].Read() == 1);

  appliance.port.BlockTransmit(0);
  KernelSends(appliance, frame);
  appliance.rcu.Online(WorkerId{0});
  appliance.worker(0).RunTurn();
  appliance.rcu.Offline(WorkerId{0});
  CHECK(replies[Reply::kFromKernelLost].Read() == 1);
}

}  // namespace
}  // namespace holdfast
