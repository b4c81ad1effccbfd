// NeighbourResolver: next hops, their states, lies, and what operators ask. Sections are of
// RFC 4861.

#include <algorithm>
#include <catch2/catch.hpp>

#include "datapath/resolver_fixture.h"
#include "support/captured_log.h"
#include "support/neighbour_builder.h"

namespace holdfast {
namespace {

using Fixture = ResolverFixture;

TEST_CASE_METHOD(Fixture, "targets behind one gateway share one neighbour", "[datapath]") {
  TargetView web_1 = Target("web-1", "10.9.0.11", kSlot0);
  TargetView web_2 = Target("web-2", "10.9.0.12", kSlot1);
  web_1.gateway = web_2.gateway = AddressNamed("10.0.0.254");
  Follow({web_1, web_2});
  CHECK(Tick() == Sent{Request(kLan, "10.0.0.1", "10.0.0.254")});
  Learn("10.9.0.11", kMac2);  // no neighbour, whatever it says
  CHECK_FALSE(table.Find(0));
  Learn("10.0.0.254", kMac1);
  CHECK(table.Find(0) == kMac1);
  CHECK(table.Find(1) == kMac1);
  CHECK(The("10.0.0.254").targets == std::vector<TargetHandle>{kSlot0, kSlot1});

  // One that joins them knows it at once; one that is a neighbour itself is another.
  TargetView web_3 = Target("web-3", "10.9.0.13", TargetHandle(2, 0));
  web_3.gateway = AddressNamed("10.0.0.254");
  web_1.gateway.reset();
  web_1.address = AddressNamed("10.0.0.11");
  Follow({web_1, web_2, web_3});
  CHECK(table.Find(2) == kMac1);
  CHECK(Tick() == Sent{Request(kLan, "10.0.0.1", "10.0.0.11")});
}

TEST_CASE_METHOD(Fixture, "gateways and routers are neighbours without a target, too",
                 "[datapath]") {
  configured.ports[0].gateway = AddressNamed("10.0.0.254");
  configured.routes = {{{AddressNamed("10.9.0.0"), 16}, AddressNamed("192.0.2.253"), 1}};
  configured.neighbours = {{AddressNamed("10.0.0.253"), kMac2, 0}};
  Follow({});
  CHECK(Tick() ==
        Sent{Request(kLan, "10.0.0.1", "10.0.0.254"), Request(kWan, "192.0.2.254", "192.0.2.253")});
  CHECK(StateOf("10.0.0.253") == NeighbourState::kStatic);
  configured = Configured({});
  Follow({});
  CHECK(resolver.Neighbours().empty());
}

TEST_CASE_METHOD(Fixture, "a neighbour's state: RFC 4861, 7.3.2, as far as it concerns us",
                 "[datapath]") {
  Follow({Target("web-1", "10.0.0.11", kSlot0)});
  const auto count = [&](NeighbourState state) {
    return counters.states[static_cast<std::size_t>(state)].Read();
  };
  for (int i = 0; i < NeighbourResolver::kPatience; ++i) {
    CHECK(TickAfter(absl::Seconds(1)).size() == 1);
    CHECK(StateOf("10.0.0.11") == NeighbourState::kIncomplete);
    CHECK(count(NeighbourState::kIncomplete) == 1);
  }
  TickAfter(absl::Seconds(1));
  CHECK(StateOf("10.0.0.11") == NeighbourState::kFailed);
  CHECK(count(NeighbourState::kIncomplete) == 0);
  CHECK(count(NeighbourState::kFailed) == 1);
  CHECK(The("10.0.0.11").age == absl::Seconds(4));

  Learn("10.0.0.11", kMac1);
  CHECK(StateOf("10.0.0.11") == NeighbourState::kReachable);
  TickAfter(NeighbourResolver::kRefresh);
  CHECK(StateOf("10.0.0.11") == NeighbourState::kReachable);  // the answer is on its way
  TickAfter(absl::Seconds(1));
  CHECK(StateOf("10.0.0.11") == NeighbourState::kStale);
  TickAfter(absl::Seconds(1));
  CHECK(StateOf("10.0.0.11") == NeighbourState::kStale);
  TickAfter(absl::Seconds(1));
  CHECK(StateOf("10.0.0.11") == NeighbourState::kFailed);
  CHECK(The("10.0.0.11").mac == kMac1);
  CHECK(The("10.0.0.11").age == NeighbourResolver::kRefresh + absl::Seconds(3));
  Learn("10.0.0.11", kMac1);
  CHECK(StateOf("10.0.0.11") == NeighbourState::kReachable);
}

TEST_CASE_METHOD(Fixture, "a neighbour that fails, and comes back, is one line each",
                 "[datapath]") {
  Follow({Target("web-1", "10.0.0.11", kSlot0)});
  Learn("10.0.0.11", kMac1);
  clock.Advance(NeighbourResolver::kRefresh);
  const CapturedLog log;
  for (int i = 0; i < 10; ++i) TickAfter(absl::Seconds(1));
  CHECK(log.text().find("neighbour 10.0.0.11 on port 'lan' does not answer; packets still go to "
                        "02:00:00:00:01:01") != std::string::npos);
  Learn("10.0.0.11", kMac1);
  CHECK(log.text().find("neighbour 10.0.0.11 is at 02:00:00:00:01:01") != std::string::npos);
  const std::string text = log.text();
  CHECK(std::count(text.begin(), text.end(), '\n') == 2);
}

TEST_CASE("IPv6 is asked for and announced by neighbour discovery: RFC 4861, 7.2.2 and 7.2.6",
          "[datapath]") {
  FakeClock clock;
  NeighbourTable table;
  NeighbourCounters counters;
  Sent sent;
  NeighbourResolver resolver(
      {{kLanMac, {{AddressNamed("10.0.0.1"), 24}, {AddressNamed("2001:db8::1"), 64}}, "lan"}},
      clock, table, counters, [&](PortIndex port, std::span<const std::uint8_t> frame) {
        sent.emplace_back(port, Frame(frame.begin(), frame.end()));
        return true;
      });
  config::BalancerConfig configured = Fixture::Configured({});
  configured.ports[0].gateway_v6 = AddressNamed("fe80::1");
  resolver.Follow(Snapshot({1, {Target("web-6", "2001:db8::11", kSlot0)}, {}}), configured);
  resolver.Tick();
  std::sort(sent.begin(), sent.end());
  const auto question = [](const char* target) {
    return NeighbourSolicitation()
        .Macs(kLanMac, kLanMac)
        .From("2001:db8::1")
        .Target(target)
        .Build();
  };
  Sent expected = {Announcement(kLan, "10.0.0.1"),
                   {kLan, question("2001:db8::11")},
                   {kLan, question("fe80::1")},
                   {kLan, NeighbourAdvertisement()
                              .Macs(kLanMac, MacAddress{{0x33, 0x33, 0, 0, 0, 1}})
                              .From("2001:db8::1")
                              .To("ff02::1")
                              .Target("2001:db8::1")
                              .Flags(kOverrideFlag)
                              .Build()}};
  std::sort(expected.begin(), expected.end());
  CHECK(sent == expected);
  resolver.Learn({.address = AddressNamed("2001:db8::11"), .mac = kMac1, .port = kLan});
  CHECK(table.Find(0) == kMac1);
}

TEST_CASE_METHOD(Fixture, "what is not believed is counted, and changes nothing", "[datapath]") {
  Follow({Target("fixed", "10.0.0.13", kSlot0), Target("web-1", "10.0.0.11", kSlot1)});
  Learn("10.0.0.13", kMac2);
  CHECK(Unbelieved(UnbelievedClaim::kStatic) == 0);  // as configured
  Learn("10.0.0.13", kMac1);
  CHECK(Unbelieved(UnbelievedClaim::kStatic) == 1);

  // RFC 4861, 7.2.5: without the override flag a known MAC stays; who has it is asked.
  const auto hear_again = [&](const MacAddress& mac) {
    resolver.Learn({.address = AddressNamed("10.0.0.11"),
                    .mac = mac,
                    .port = kLan,
                    .kind = NeighbourEvent::Kind::kHeardAgain});
  };
  hear_again(kMac1);
  CHECK(table.Find(1) == kMac1);
  hear_again(kMac2);
  CHECK(table.Find(1) == kMac1);
  CHECK(Unbelieved(UnbelievedClaim::kNoOverride) == 1);
  CHECK(TickAfter(absl::Seconds(1)) == Sent{Request(kLan, "10.0.0.1", "10.0.0.11")});

  const CapturedLog log;
  for (int i = 0; i < 100; ++i)
    resolver.Learn({.address = AddressNamed("10.0.0.1"),
                    .mac = kMac2,
                    .port = kLan,
                    .kind = NeighbourEvent::Kind::kClaimsOurs});
  CHECK(Unbelieved(UnbelievedClaim::kOursClaimed) == 100);
  const std::string text = log.text();
  CHECK(std::count(text.begin(), text.end(), '\n') == 1);
  CHECK(text.find("02:00:00:00:01:02 on port 'lan' says that it has 10.0.0.1") !=
        std::string::npos);
}

TEST_CASE_METHOD(Fixture, "strangers get no entry, however many speak", "[datapath]") {
  Follow({Target("web-1", "10.0.0.11", kSlot0)});
  for (std::uint32_t i = 0; i < 100'000; ++i)
    resolver.Learn({.address = IpAddress::FromV4(0x0a000100 + i), .mac = kMac1, .port = kLan});
  CHECK(resolver.Neighbours().size() == 1);
}

TEST_CASE_METHOD(Fixture, "a flushed neighbour is forgotten and asked for at once", "[datapath]") {
  Follow({Target("web-1", "10.0.0.11", kSlot0), Target("fixed", "10.0.0.13", kSlot1)});
  Learn("10.0.0.11", kMac1);
  CHECK(resolver.Flush(AddressNamed("10.0.0.11")).ok());
  CHECK_FALSE(table.Find(0));
  CHECK(StateOf("10.0.0.11") == NeighbourState::kIncomplete);
  CHECK(Tick() == Sent{Request(kLan, "10.0.0.1", "10.0.0.11")});
  CHECK(absl::IsNotFound(resolver.Flush(AddressNamed("10.0.0.99"))));
  CHECK(absl::IsFailedPrecondition(resolver.Flush(AddressNamed("10.0.0.13"))));
  CHECK(table.Find(1) == kMac2);
}

TEST_CASE_METHOD(Fixture, "a VIP is announced again when it is asked for, or comes back",
                 "[datapath]") {
  Follow({}, {Service("web", "192.0.2.1"), Service("routed", "203.0.113.1")});
  Tick();
  TickAfter(absl::Seconds(2));
  const Sent vip = {Announcement(kWan, "192.0.2.1")};
  const auto announced = resolver.Announce(AddressNamed("192.0.2.1"));
  REQUIRE(announced.ok());
  REQUIRE(announced->size() == 1);
  CHECK(announced->front().port == kWan);
  CHECK(Tick() == vip);
  CHECK(TickAfter(absl::Seconds(2)) == vip);
  CHECK(TickAfter(absl::Seconds(2)) == kNothing);
  CHECK(resolver.Announce(AddressNamed("203.0.113.1"))->empty());
  CHECK(absl::IsNotFound(resolver.Announce(AddressNamed("192.0.2.9")).status()));

  CHECK(resolver.Announce(std::nullopt)->size() == 4);
  CHECK(Tick() == Sent{Announcement(kLan, "10.0.0.1"), Announcement(kLan, "10.0.9.1"),
                       Announcement(kWan, "192.0.2.1"), Announcement(kWan, "192.0.2.254")});
  clock.Advance(absl::Seconds(2));
  Tick();
  Follow({}, {});
  Follow({}, {Service("web", "192.0.2.1")});
  CHECK(Tick() == vip);
}

TEST_CASE_METHOD(Fixture, "a port whose link comes up announces what is at it", "[datapath]") {
  Follow({}, {Service("web", "192.0.2.1")});
  Tick();
  TickAfter(absl::Seconds(2));
  resolver.AnnouncePort(kWan);
  CHECK(Tick() == Sent{Announcement(kWan, "192.0.2.1"), Announcement(kWan, "192.0.2.254")});
}

}  // namespace
}  // namespace holdfast
