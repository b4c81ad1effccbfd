#include "datapath/neighbour_resolver.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <utility>
#include <vector>

#include "support/captured_log.h"
#include "support/fake_clock.h"
#include "support/neighbour_builder.h"
#include "support/packet_builder.h"

namespace holdfast {
namespace {

constexpr MacAddress kLanMac{{0x02, 0, 0, 0, 0, 0x0a}};
constexpr MacAddress kWanMac{{0x02, 0, 0, 0, 0, 0x0b}};
constexpr MacAddress kMac1{{0x02, 0, 0, 0, 1, 1}};
constexpr MacAddress kMac2{{0x02, 0, 0, 0, 1, 2}};
constexpr PortIndex kLan{0};
constexpr PortIndex kWan{1};

using Sent = std::vector<std::pair<PortIndex, Frame>>;

// A request for `wanted`; an announcement when that is the sender's own address.
std::pair<PortIndex, Frame> Request(PortIndex port, const char* own, const char* wanted) {
  Frame frame = ArpRequest()
                    .Macs(port == kLan ? kLanMac : kWanMac, kBroadcastMac)
                    .From(own)
                    .To(wanted)
                    .Build();
  frame.resize(60, 0);
  return {port, frame};
}
std::pair<PortIndex, Frame> Announcement(PortIndex port, const char* address) {
  return Request(port, address, address);
}

TargetView Target(const char* name, const char* address, TargetHandle handle,
                  PortIndex port = kLan) {
  return {handle, TargetState::kUp, port, name, AddressNamed(address)};
}

ServiceView Service(const char* name, const char* vip) {
  return {name, AddressNamed(vip), Protocol::kTcp, {80}, NoTargetPolicy::kReject, {}};
}

// "lan" is 10.0.0.1/24 and 10.0.9.1/24, "wan" 192.0.2.254/24; "fixed" has a static
// MAC. What they announce of themselves is sent and forgotten.
struct Fixture {
  Fixture() {
    for (int i = 0; i < 2; ++i) {
      Tick();
      clock.Advance(absl::Seconds(2));
    }
  }

  // What is sent now; in the order of ports and frames.
  Sent Tick() {
    sent.clear();
    resolver.Tick();
    std::sort(sent.begin(), sent.end());
    return sent;
  }
  Sent TickAfter(absl::Duration time) {
    clock.Advance(time);
    return Tick();
  }
  void Follow(std::vector<TargetView> targets, std::vector<ServiceView> services = {}) {
    resolver.Follow(Snapshot({1, std::move(targets), std::move(services)}), configured);
  }
  void Learn(const char* address, const MacAddress& mac, PortIndex port = kLan) {
    resolver.Learn({.address = AddressNamed(address), .mac = mac, .port = port});
  }

  static config::BalancerConfig Configured(std::vector<config::Target> targets) {
    config::BalancerConfig config;
    config.ports.resize(2);
    config.targets = std::move(targets);
    return config;
  }
  [[nodiscard]] NeighbourView The(const char* address) const {
    for (NeighbourView& each : resolver.Neighbours())
      if (each.address == AddressNamed(address)) return each;
    FAIL("no neighbour is at " << address);
    return {};
  }
  [[nodiscard]] NeighbourState StateOf(const char* address) const { return The(address).state; }
  [[nodiscard]] std::uint64_t Unbelieved(UnbelievedClaim why) const {
    return counters.unbelieved[static_cast<std::size_t>(why)].Read();
  }

  static config::Target Fixed() {
    return {.name = "fixed", .address = AddressNamed("10.0.0.13"), .mac = kMac2, .port = 0};
  }
  static std::vector<PortIdentity> Ports() {
    return {{kLanMac,
             {IpPrefix{AddressNamed("10.0.0.1"), 24}, {AddressNamed("10.0.9.1"), 24}},
             "lan"},
            {kWanMac, {IpPrefix{AddressNamed("192.0.2.254"), 24}}, "wan"}};
  }

  FakeClock clock;
  NeighbourTable table;
  Sent sent;
  bool lost = false;
  config::BalancerConfig configured = Configured({Fixed()});
  NeighbourCounters counters;
  NeighbourResolver resolver{Ports(), clock, table, counters,
                             [this](PortIndex port, std::span<const std::uint8_t> frame) {
                               if (lost) return false;
                               sent.emplace_back(port, Frame(frame.begin(), frame.end()));
                               return true;
                             }};
};

const Sent kNothing;
const TargetHandle kSlot0(0, 0);
const TargetHandle kSlot1(1, 0);

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
  CHECK(Tick() == Sent{Request(kLan, "10.0.0.1", "10.0.0.254"),
                       Request(kWan, "192.0.2.254", "192.0.2.253")});
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
      {{kLanMac,
        {{AddressNamed("10.0.0.1"), 24}, {AddressNamed("2001:db8::1"), 64}},
        "lan"}},
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
