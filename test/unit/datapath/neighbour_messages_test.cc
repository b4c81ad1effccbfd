// Neighbour discovery through a real worker. Sections are of RFC 4861.
#include <catch2/catch.hpp>

#include "datapath/flows.h"
#include "support/neighbour_builder.h"
#include "support/test_eal.h"

namespace holdfast {
namespace {

constexpr const char* kVipV6 = "2001:db8:1::1";

struct Fixture {
  Fixture() {
    ServiceView service = appliance.parts.services[0];
    service.name = "web6";
    service.vip = AddressNamed(kVipV6);
    appliance.parts.services.push_back(service);
    appliance.Publish();
  }
  std::vector<NeighbourEvent> Heard() {
    std::array<NeighbourEvent, 64> events;
    return {events.begin(),
            events.begin() + static_cast<std::ptrdiff_t>(appliance.events().Pop(events))};
  }
  [[nodiscard]] std::uint64_t Drops(DropReason reason) {
    return appliance.counters().drops[reason].Read();
  }
  [[nodiscard]] std::uint64_t Local(LocalPacket kind) {
    return appliance.counters().local[kind].Read();
  }

  TestAppliance appliance;
};

TEST_CASE_METHOD(Fixture, "7.2.4: who asks for a VIP is answered, and learned: 7.2.3",
                 "[datapath]") {
  const auto sent = appliance.Turn({NeighbourSolicitation().Target(kVipV6).Build()});
  REQUIRE(sent.size() == 1);
  CHECK(sent[0] == NeighbourAdvertisement()
                       .Macs(kBalancerMac, kClientMac)
                       .From(kVipV6)
                       .To("2001:db8::7")
                       .Target(kVipV6)
                       .Build());
  CHECK(Local(LocalPacket::kNeighbourSolicitation) == 1);
  CHECK(appliance.counters().replies[Reply::kNeighbourAdvertisement].Read() == 1);
  const auto events = Heard();
  REQUIRE(events.size() == 1);
  CHECK(events[0].address == AddressNamed("2001:db8::7"));
  CHECK(events[0].mac == kClientMac);
  CHECK(appliance.AllAccounted());
}

TEST_CASE_METHOD(Fixture, "RFC 4862, 5.4: who wants to take a VIP is told that it is ours",
                 "[datapath]") {
  const auto sent =
      appliance.Turn({NeighbourSolicitation().From("::").Options({}).Target(kVipV6).Build()});
  REQUIRE(sent.size() == 1);
  CHECK(sent[0] == NeighbourAdvertisement()
                       .Macs(kBalancerMac, MacAddress{{0x33, 0x33, 0, 0, 0, 1}})
                       .From(kVipV6)
                       .To("ff02::1")
                       .Target(kVipV6)
                       .Flags(kOverrideFlag)
                       .Build());
  CHECK(Heard().empty());
}

TEST_CASE_METHOD(Fixture, "7.2.5: advertisements are told to the management core", "[datapath]") {
  appliance.Turn({NeighbourAdvertisement().To(kVipV6).Build(),
                  NeighbourAdvertisement().To(kVipV6).Flags(kSolicitedFlag).Build(),
                  NeighbourAdvertisement()
                      .Macs(kClientMac, MacAddress{{0x33, 0x33, 0, 0, 0, 1}})
                      .To("ff02::1")
                      .Flags(kOverrideFlag)
                      .Build(),
                  NeighbourAdvertisement().To(kVipV6).Options({}).Build()});
  const auto events = Heard();
  REQUIRE(events.size() == 3);
  CHECK(events[0].kind == NeighbourEvent::Kind::kHeard);
  CHECK(events[1].kind == NeighbourEvent::Kind::kHeardAgain);
  CHECK(events[2].kind == NeighbourEvent::Kind::kHeard);
  CHECK(events[0].address == AddressNamed("2001:db8::7"));
  CHECK(Local(LocalPacket::kNeighbourAdvertisement) == 4);
  CHECK(appliance.counters().tx_packets.Read() == 0);
  CHECK(appliance.AllAccounted());
}

TEST_CASE_METHOD(Fixture, "what is asked of others is not answered", "[datapath]") {
  // Its group is that of the VIP: the last three bytes are the same.
  CHECK(appliance.Turn({NeighbourSolicitation().Target("2001:db8:2::1").Build()}).empty());
  CHECK(Local(LocalPacket::kSolicitationOfOthers) == 1);
  CHECK(Heard().empty());
}

TEST_CASE_METHOD(Fixture, "7.1: hostile messages are dropped under their names, nothing changes",
                 "[datapath]") {
  const auto ask = [] { return NeighbourSolicitation().Target(kVipV6); };
  const auto say = [] { return NeighbourAdvertisement().To(kVipV6); };
  struct Case {
    const char* what;
    Frame frame;
    DropReason reason;
  };
  const Case cases[] = {
      {"hop limit", ask().HopLimit(254).Build(), DropReason::kNeighbourDiscovery},
      {"hop limit", say().HopLimit(1).Build(), DropReason::kNeighbourDiscovery},
      {"checksum", say().Checksum(1).Build(), DropReason::kNeighbourDiscovery},
      {"option without length", ask().Options({1, 0, 2, 0, 0, 0, 0, 1}).Build(),
       DropReason::kNeighbourDiscovery},
      {"not for us", NeighbourAdvertisement().To("2001:db8:9::9").Build(),
       DropReason::kNotOurAddress},
      {"claims the VIP", say().Target(kVipV6).Build(), DropReason::kAddressConflict},
      {"claims the VIP to all", say().Target(kVipV6).To("ff02::1").Flags(kOverrideFlag).Build(),
       DropReason::kAddressConflict},
      {"asks as the VIP", ask().From(kVipV6).To("ff02::1:ff00:1").Target("2001:db8:2::1").Build(),
       DropReason::kAddressConflict},
  };
  std::size_t claims = 0;
  for (const Case& each : cases) {
    INFO(each.what);
    const std::uint64_t before = Drops(each.reason);
    CHECK(appliance.Turn({each.frame}).empty());
    CHECK(Drops(each.reason) == before + 1);
    claims += each.reason == DropReason::kAddressConflict ? 1 : 0;
  }
  const auto events = Heard();
  CHECK(events.size() == claims);
  for (const NeighbourEvent& event : events) CHECK(event.kind == NeighbourEvent::Kind::kClaimsOurs);
  CHECK(appliance.AllAccounted());
}

TEST_CASE("a kernel interface gets advertisements, and questions for what is not ours",
          "[datapath]") {
  TestAppliance appliance({.kernel_rate = 1000});
  appliance.Turn({NeighbourSolicitation().Target("fe80::2").Build(),
                  NeighbourAdvertisement()
                      .Macs(kClientMac, MacAddress{{0x33, 0x33, 0, 0, 0, 1}})
                      .To("ff02::1")
                      .Flags(kOverrideFlag)
                      .Build(),
                  NeighbourAdvertisement().To("fe80::2").Build()});
  CHECK(appliance.counters().local[LocalPacket::kKernel].Read() == 3);
  CHECK(appliance.AllAccounted());
}

}  // namespace
}  // namespace holdfast
