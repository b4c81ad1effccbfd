// Ranges of ports, every port, prefixes as VIPs, and what is for a VIP but for no service.
#include <catch2/catch.hpp>

#include "datapath/flows.h"
#include "wire/arp.h"
#include "wire/headers.h"

namespace holdfast {
namespace {

constexpr ServiceSlot kRange{2};
constexpr ServiceSlot kEvery{3};
constexpr ServiceSlot kPrefix{4};

// Besides web and dns: TCP 8000-8999 and every other port of 192.0.2.2, and every port of
// 192.0.2.64/26.
struct Fixture {
  Fixture() {
    const auto add = [this](const char* name, const Vip& vip, const PortSet& ports) {
      appliance.parts.services.push_back(
          {.name = name, .vip = vip, .protocol = Protocol::kTcp, .ports = ports, .ring = {}});
    };
    add("range", AddressNamed("192.0.2.2"), {PortRange(8000, 8999)});
    add("every", AddressNamed("192.0.2.2"), {PortRange::Every()});
    add("prefix", Vip(IpPrefix::Parse("192.0.2.64/26").value()), {PortRange::Every()});
    appliance.Publish();
  }
  std::uint64_t Packets(ServiceSlot service) {
    std::uint64_t packets = 0;
    for (std::size_t step = 0; step < kStepNames.size(); ++step)
      packets +=
          appliance.counters().services[Index(service)].packets[static_cast<Step>(step)].Read();
    return packets;
  }
  std::uint64_t Drops(DropReason reason) { return appliance.counters().drops[reason].Read(); }
  std::uint64_t Replies(Reply reply) { return appliance.counters().replies[reply].Read(); }

  TestAppliance appliance;
};

Frame SynTo(const char* vip, std::uint16_t port, std::uint16_t client_port = 40000) {
  return TcpPacket().From(kClient, client_port).To(vip, port).Syn().Build();
}

TEST_CASE_METHOD(Fixture, "a packet finds services with ranges, every port and prefixes",
                 "[datapath]") {
  struct Case {
    const char* vip;
    std::uint16_t port;
    ServiceSlot service;
  };
  for (const Case& each : {Case{"192.0.2.2", 8000, kRange}, Case{"192.0.2.2", 8999, kRange},
                           Case{"192.0.2.2", 7999, kEvery}, Case{"192.0.2.2", 80, kEvery},
                           Case{"192.0.2.64", 1, kPrefix}, Case{"192.0.2.127", 65535, kPrefix},
                           Case{"192.0.2.1", 80, kWeb}}) {
    CAPTURE(each.vip, each.port);
    const std::uint64_t before = Packets(each.service);
    CHECK_FALSE(appliance.Where(SynTo(each.vip, each.port)).empty());
    CHECK(Packets(each.service) == before + 1);
  }
  CHECK(appliance.AllAccounted());
}

TEST_CASE_METHOD(Fixture, "a batch of all kinds keeps its order and its services", "[datapath]") {
  std::vector<Frame> frames;
  for (std::uint16_t i = 0; i < 16; ++i) {
    frames.push_back(SynTo("192.0.2.1", 80, 41000 + i));
    frames.push_back(SynTo("192.0.2.2", 8000 + i, 42000 + i));
    frames.push_back(SynTo("192.0.2.3", 80, 43000 + i));  // nobody's
    frames.push_back(SynTo("192.0.2.100", 1 + i, 44000 + i));
  }
  const auto sent = appliance.Turn(frames);
  REQUIRE(sent.size() == 48);
  for (std::size_t i = 0; i < sent.size(); ++i)
    CHECK(Frame(sent[i].begin() + 12, sent[i].end()) ==
          Frame(frames[i / 3 * 4 + (i % 3 == 2 ? 3 : i % 3)].begin() + 12,
                frames[i / 3 * 4 + (i % 3 == 2 ? 3 : i % 3)].end()));
  CHECK(Packets(kWeb) == 16);
  CHECK(Packets(kRange) == 16);
  CHECK(Packets(kPrefix) == 16);
  CHECK(Drops(DropReason::kNotOurAddress) == 16);
  CHECK(appliance.AllAccounted());
}

TEST_CASE_METHOD(Fixture, "connections of every port are followed as all others", "[datapath]") {
  const std::string target = appliance.Where(SynTo("192.0.2.70", 22));
  appliance.weights = {0, 0, 0};
  appliance.Publish();
  const Frame data =
      TcpPacket().From(kClient, 40000).To("192.0.2.70", 22).Ack().Payload("x").Build();
  CHECK(appliance.Where(data) == target);
  CHECK(appliance.counters().services[Index(kPrefix)].packets[Step::kConnection].Read() == 1);
}

TEST_CASE_METHOD(Fixture, "an address of a prefix is a VIP: no sender has it", "[datapath]") {
  CHECK(
      appliance.Where(TcpPacket().From("192.0.2.99", 1).To("192.0.2.1", 80).Syn().Build()).empty());
  CHECK(Drops(DropReason::kMartianSource) == 1);
  CHECK(appliance.Where(EchoRequest().From(kClient).To("192.0.2.99").Payload("?").Build()) ==
        "client");
}

TEST_CASE_METHOD(Fixture, "ARP: an address of a prefix is ours where it is in the port's subnet",
                 "[datapath]") {
  appliance.parts.services[Index(kPrefix)].vip = Vip(IpPrefix::Parse("10.0.0.64/26").value());
  appliance.Publish();
  const auto answers = [&](const char* address) {
    return appliance.Turn({ArpRequest().From("10.0.0.2").To(address).Build()}).size();
  };
  CHECK(answers("10.0.0.64") == 1);
  CHECK(answers("10.0.0.127") == 1);
  CHECK(answers("10.0.0.63") == 0);
  appliance.parts.services[Index(kPrefix)].vip = Vip(IpPrefix::Parse("192.0.2.64/26").value());
  appliance.Publish();
  CHECK(answers("192.0.2.64") == 0);  // routed
  CHECK(answers("192.0.2.2") == 1);
}

// ---- no service

TEST_CASE_METHOD(Fixture, "a VIP's port without a service answers as a host does", "[datapath]") {
  CHECK(appliance.Where(SynTo("192.0.2.1", 81)) == "client");
  CHECK(Replies(Reply::kTcpReset) == 1);
  CHECK(appliance.Where(UdpPacket().From(kClient, 5000).To("192.0.2.1", 54).Payload("?").Build()) ==
        "client");
  CHECK(Replies(Reply::kPortUnreachable) == 1);
  CHECK(appliance.Where(UdpPacket().From(kClient, 5000).To("192.0.2.64", 9).Payload("?").Build()) ==
        "client");
  CHECK(Drops(DropReason::kNoService) == 3);
  CHECK(appliance.AllAccounted());
}

TEST_CASE_METHOD(Fixture, "no RST answers a RST, nothing a broadcast address or a VIP",
                 "[datapath]") {
  const auto rst = TcpPacket().From(kClient, 40000).To("192.0.2.1", 81).Rst().Build();
  CHECK(appliance.Where(rst).empty());
  CHECK(
      appliance.Where(TcpPacket().From("10.0.0.255", 1).To("192.0.2.1", 81).Syn().Build()).empty());
  CHECK(Drops(DropReason::kNoService) == 2);
  CHECK(
      appliance.Where(TcpPacket().From("192.0.2.2", 1).To("192.0.2.1", 81).Syn().Build()).empty());
  CHECK(Drops(DropReason::kMartianSource) == 1);
  CHECK(appliance.Where(SynTo("10.0.0.1", 80)).empty());  // our own address is no VIP
  CHECK(Drops(DropReason::kNoService) == 3);
  CHECK(Replies(Reply::kTcpReset) == 0);
}

TEST_CASE_METHOD(Fixture, "no_service: drop is silent", "[datapath]") {
  appliance.parts.no_service = NoServicePolicy::kDrop;
  appliance.Publish();
  CHECK(appliance.Where(SynTo("192.0.2.1", 81)).empty());
  CHECK(appliance.Where(SynTo("192.0.2.64", 0)).empty());
  CHECK(Drops(DropReason::kNoService) == 2);
  CHECK(appliance.AllAccounted());
}

TEST_CASE_METHOD(Fixture, "P6: answers where no service is are rate-limited", "[datapath]") {
  std::size_t answers = 0;
  for (std::uint16_t i = 0; i < 1100; ++i)
    answers += appliance.Turn({SynTo("192.0.2.1", 81, 30000 + i)}).size();
  CHECK(answers == 1000);
  CHECK(Replies(Reply::kRateLimited) == 100);
  CHECK(Drops(DropReason::kNoService) == 1100);
  CHECK(appliance.AllAccounted());
}

}  // namespace
}  // namespace holdfast
