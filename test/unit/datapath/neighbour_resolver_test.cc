#include "datapath/neighbour_resolver.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "datapath/resolver_fixture.h"
#include "support/captured_log.h"

namespace holdfast {
namespace {

using Fixture = ResolverFixture;

TEST_CASE_METHOD(Fixture, "a target is asked for at once, then every second until it answers",
                 "[datapath]") {
  Follow({Target("web-1", "10.0.0.11", kSlot0)});
  const Sent request = {Request(kLan, "10.0.0.1", "10.0.0.11")};
  CHECK(Tick() == request);
  CHECK(Tick() == kNothing);
  CHECK(TickAfter(absl::Milliseconds(999)) == kNothing);
  CHECK(TickAfter(absl::Milliseconds(1)) == request);
  CHECK(TickAfter(absl::Seconds(1)) == request);
  CHECK_FALSE(table.Find(0));

  Learn("10.0.0.11", kMac1);
  CHECK(table.Find(0) == kMac1);
  CHECK(TickAfter(NeighbourResolver::kRefresh - absl::Milliseconds(1)) == kNothing);
  CHECK(TickAfter(absl::Milliseconds(1)) == request);
}

TEST_CASE_METHOD(Fixture, "a neighbour that stops answering keeps its last address", "[datapath]") {
  Follow({Target("web-1", "10.0.0.11", kSlot0)});
  Learn("10.0.0.11", kMac1);
  CHECK(TickAfter(NeighbourResolver::kRefresh - absl::Seconds(1)) == kNothing);
  for (int i = 0; i < 5; ++i) CHECK(TickAfter(absl::Seconds(1)).size() == 1);
  CHECK(StateOf("10.0.0.11") == NeighbourState::kFailed);
  CHECK(table.Find(0) == kMac1);
}

TEST_CASE_METHOD(Fixture, "a changed address replaces the last, and is enough for a while",
                 "[datapath]") {
  Follow({Target("web-1", "10.0.0.11", kSlot0)});
  Learn("10.0.0.11", kMac1);
  clock.Advance(NeighbourResolver::kRefresh / 2);
  Learn("10.0.0.11", kMac2);
  CHECK(table.Find(0) == kMac2);
  CHECK(TickAfter(NeighbourResolver::kRefresh / 2) == kNothing);
  CHECK(TickAfter(NeighbourResolver::kRefresh / 2).size() == 1);
}

TEST_CASE_METHOD(Fixture, "only targets are learned, and only on their own port", "[datapath]") {
  Follow({Target("web-1", "10.0.0.11", kSlot0), Target("web-2", "192.0.2.12", kSlot1, kWan)});
  Learn("10.0.0.11", kMac1, kWan);
  Learn("192.0.2.12", kMac1, kLan);
  Learn("10.0.0.99", kMac1);
  CHECK_FALSE(table.Find(0));
  CHECK_FALSE(table.Find(1));
  CHECK(Tick().size() == 2);

  Learn("192.0.2.12", kMac2, kWan);
  CHECK_FALSE(table.Find(0));
  CHECK(table.Find(1) == kMac2);
}

TEST_CASE_METHOD(Fixture, "a target is asked for by the own address in its subnet", "[datapath]") {
  Follow({Target("web-1", "10.0.0.11", kSlot0), Target("web-2", "10.0.9.12", kSlot1),
          Target("web-3", "192.0.2.13", TargetHandle(2, 0), kWan)});
  CHECK(Tick() == Sent{Request(kLan, "10.0.0.1", "10.0.0.11"),
                       Request(kLan, "10.0.9.1", "10.0.9.12"),
                       Request(kWan, "192.0.2.254", "192.0.2.13")});
}

TEST_CASE_METHOD(Fixture, "a static address is there at once, never asked for, never replaced",
                 "[datapath]") {
  Follow({Target("fixed", "10.0.0.13", kSlot0)});
  CHECK(table.Find(0) == kMac2);
  CHECK(Tick() == kNothing);
  CHECK(TickAfter(absl::Minutes(10)) == kNothing);
  Learn("10.0.0.13", kMac1);
  CHECK(table.Find(0) == kMac2);
  Follow({{}});
  CHECK_FALSE(table.Find(0));
}

TEST_CASE_METHOD(Fixture, "P7: the address of a removed target is forgotten", "[datapath]") {
  TargetView target = Target("web-1", "10.0.0.11", kSlot0);
  TargetView other = Target("web-2", "10.0.0.12", kSlot1);
  Follow({target, other});
  Learn("10.0.0.11", kMac1);
  Learn("10.0.0.12", kMac2);

  target.state = TargetState::kDraining;
  Follow({target, other});
  CHECK(table.Find(0) == kMac1);  // it keeps its connections
  target.state = TargetState::kRemoved;
  Follow({target, other});
  CHECK_FALSE(table.Find(0));
  CHECK(table.Find(1) == kMac2);
  Learn("10.0.0.11", kMac1);
  CHECK_FALSE(table.Find(0));
  CHECK(TickAfter(NeighbourResolver::kRefresh) == Sent{Request(kLan, "10.0.0.1", "10.0.0.12")});
}

TEST_CASE_METHOD(Fixture, "P7: the next target of a slot is asked for anew", "[datapath]") {
  Follow({Target("web-1", "10.0.0.11", kSlot0)});
  Learn("10.0.0.11", kMac1);
  Follow({Target("web-1", "10.0.0.11", kSlot0)});  // the same one: nothing to ask
  CHECK(Tick() == kNothing);
  CHECK(table.Find(0) == kMac1);

  Follow({Target("web-9", "10.0.0.19", kSlot0.NextGeneration())});
  CHECK_FALSE(table.Find(0));
  CHECK(Tick() == Sent{Request(kLan, "10.0.0.1", "10.0.0.19")});
  Learn("10.0.0.11", kMac1);
  CHECK_FALSE(table.Find(0));
  Learn("10.0.0.19", kMac2);
  CHECK(table.Find(0) == kMac2);
}

TEST_CASE_METHOD(Fixture, "a target that comes back in another slot is learned there",
                 "[datapath]") {
  TargetView removed = Target("web-1", "10.0.0.11", kSlot0);
  Follow({removed});
  Learn("10.0.0.11", kMac1);
  removed.state = TargetState::kRemoved;
  Follow({removed, Target("web-1", "10.0.0.11", kSlot1)});
  CHECK(table.Find(1) == kMac1);  // the same neighbour
  Learn("10.0.0.11", kMac2);
  CHECK_FALSE(table.Find(0));
  CHECK(table.Find(1) == kMac2);
}

TEST_CASE("own addresses are announced twice, each by its own port", "[datapath]") {
  FakeClock clock;
  NeighbourTable table;
  Sent sent;
  // Two ports in one subnet: the second does not have the first's address.
  auto ports = Fixture::Ports();
  ports[1].addresses.push_back({AddressNamed("10.0.0.2"), 8});
  NeighbourCounters counters;
  NeighbourResolver resolver(ports, clock, table, counters,
                             [&](PortIndex port, std::span<const std::uint8_t> frame) {
                               sent.emplace_back(port, Frame(frame.begin(), frame.end()));
                               return true;
                             });
  const Sent announcements = {Announcement(kLan, "10.0.0.1"), Announcement(kLan, "10.0.9.1"),
                              Announcement(kWan, "10.0.0.2"), Announcement(kWan, "192.0.2.254")};
  const auto tick = [&] {
    sent.clear();
    resolver.Tick();
    std::sort(sent.begin(), sent.end());
    return sent;
  };
  CHECK(tick() == announcements);
  clock.Advance(absl::Milliseconds(1999));
  CHECK(tick() == kNothing);
  clock.Advance(absl::Milliseconds(1));
  CHECK(tick() == announcements);
  clock.Advance(absl::Minutes(1));
  CHECK(tick() == kNothing);
}

TEST_CASE_METHOD(Fixture, "a VIP is announced twice where it is in a subnet, a new one too",
                 "[datapath]") {
  Follow({}, {Service("web", "192.0.2.1"), Service("tls", "192.0.2.1"), Service("", "192.0.2.3"),
              Service("routed", "203.0.113.1")});
  const Sent first = {Announcement(kWan, "192.0.2.1")};
  CHECK(Tick() == first);
  CHECK(TickAfter(absl::Milliseconds(1999)) == kNothing);
  CHECK(TickAfter(absl::Milliseconds(1)) == first);
  CHECK(TickAfter(absl::Minutes(1)) == kNothing);

  Follow({}, {Service("web", "192.0.2.1"), Service("dns", "10.0.0.2")});
  const Sent second = {Announcement(kLan, "10.0.0.2")};
  CHECK(Tick() == second);
  CHECK(TickAfter(absl::Seconds(2)) == second);
  CHECK(TickAfter(absl::Seconds(2)) == kNothing);
}

TEST_CASE_METHOD(Fixture, "what could not be sent is sent at the next opportunity", "[datapath]") {
  Follow({Target("web-1", "10.0.0.11", kSlot0)}, {Service("dns", "10.0.0.2")});
  const Sent all = {Request(kLan, "10.0.0.1", "10.0.0.11"), Announcement(kLan, "10.0.0.2")};
  lost = true;
  CHECK(Tick() == kNothing);
  lost = false;
  CHECK(Tick() == all);
  CHECK(Tick() == kNothing);
  CHECK(TickAfter(absl::Seconds(2)) == all);
  CHECK(TickAfter(absl::Seconds(1)).size() == 1);  // announced often enough
}

TEST_CASE_METHOD(Fixture, "hosts that quarrel over an address do not fill the log", "[datapath]") {
  Follow({Target("web-1", "10.0.0.11", {0, 0})});
  const CapturedLog log;
  const auto lines = [&] {
    const std::string text = log.text();
    return std::count(text.begin(), text.end(), '\n');
  };
  for (int i = 0; i < 100; ++i) {
    Learn("10.0.0.11", kMac1);
    Learn("10.0.0.11", kMac2);
  }
  CHECK(lines() == 1);
  CHECK(table.Find(0) == kMac2);
  clock.Advance(absl::Seconds(1));
  Learn("10.0.0.11", kMac1);
  CHECK(lines() == 2);
}

TEST_CASE_METHOD(Fixture, "a target that is met before it comes is known at once", "[datapath]") {
  const config::Target web_1{"web-1", AddressNamed("10.0.0.11"), {}, 0};
  resolver.Meet(Configured({web_1, Fixed()}));
  CHECK(resolver.strangers() == 1);  // a static MAC is no question
  CHECK(Tick() == Sent{Request(kLan, "10.0.0.1", "10.0.0.11")});
  Learn("10.0.0.11", kMac1, kWan);
  CHECK(resolver.strangers() == 1);
  Learn("10.0.0.11", kMac1);
  CHECK(resolver.strangers() == 0);
  CHECK_FALSE(table.Find(0));
  Follow({Target("web-1", "10.0.0.11", kSlot0)});
  CHECK(table.Find(0) == kMac1);
}

TEST_CASE_METHOD(Fixture, "who is met in vain is asked for as any other", "[datapath]") {
  resolver.Meet(Configured({{"web-1", AddressNamed("10.0.0.11"), {}, 0}}));
  Tick();
  CHECK(resolver.strangers() == 1);
  Follow({Target("web-1", "10.0.0.11", kSlot0)});
  CHECK(resolver.strangers() == 0);
  CHECK_FALSE(table.Find(0));
  CHECK(TickAfter(absl::Seconds(1)) == Sent{Request(kLan, "10.0.0.1", "10.0.0.11")});
}

TEST_CASE_METHOD(Fixture, "a neighbour is not met again, whether or not it answers", "[datapath]") {
  Follow({Target("web-1", "10.0.0.11", kSlot0)});
  resolver.Meet(Configured({{"web-1", AddressNamed("10.0.0.11"), {}, 0}}));
  CHECK(resolver.strangers() == 0);
}

TEST_CASE_METHOD(Fixture, "a target that takes the place of another has its MAC", "[datapath]") {
  Follow({Target("web-1", "10.0.0.11", kSlot0)});
  Learn("10.0.0.11", kMac1);
  TargetView removed = Target("web-1", "10.0.0.11", kSlot0);
  removed.state = TargetState::kRemoved;
  Follow({removed, Target("web-9", "10.0.0.11", kSlot1)});
  CHECK_FALSE(table.Find(0));
  CHECK(table.Find(1) == kMac1);
}

TEST_CASE_METHOD(Fixture, "a target that moves keeps its MAC until its new address answers",
                 "[datapath]") {
  Follow({Target("web-1", "10.0.0.11", kSlot0)});
  Learn("10.0.0.11", kMac1);
  Tick();
  Follow({Target("web-1", "10.0.0.21", kSlot0)});
  CHECK(table.Find(0) == kMac1);
  CHECK(Tick() == Sent{Request(kLan, "10.0.0.1", "10.0.0.21")});
  Learn("10.0.0.11", kMac2);
  CHECK(table.Find(0) == kMac1);
  Learn("10.0.0.21", kMac2);
  CHECK(table.Find(0) == kMac2);
}

TEST_CASE_METHOD(Fixture, "a static MAC can come, change and go", "[datapath]") {
  const TargetView view = Target("fixed", "10.0.0.13", kSlot0);
  Follow({view});
  configured.targets[0].mac = kMac1;
  Follow({view});
  CHECK(table.Find(0) == kMac1);
  configured.targets[0].mac.reset();
  Follow({view});
  CHECK(table.Find(0) == kMac1);  // until it answers
  Learn("10.0.0.13", kMac2);
  CHECK(table.Find(0) == kMac2);
}

}  // namespace
}  // namespace holdfast
