// A NeighbourResolver with two ports, and what it sends.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <utility>
#include <vector>

#include "datapath/neighbour_resolver.h"
#include "support/fake_clock.h"
#include "support/packet_builder.h"

namespace holdfast {

inline constexpr MacAddress kLanMac{{0x02, 0, 0, 0, 0, 0x0a}};
inline constexpr MacAddress kWanMac{{0x02, 0, 0, 0, 0, 0x0b}};
inline constexpr MacAddress kMac1{{0x02, 0, 0, 0, 1, 1}};
inline constexpr MacAddress kMac2{{0x02, 0, 0, 0, 1, 2}};
inline constexpr PortIndex kLan{0};
inline constexpr PortIndex kWan{1};

using Sent = std::vector<std::pair<PortIndex, Frame>>;

// A request for `wanted`; an announcement when that is the sender's own address.
inline std::pair<PortIndex, Frame> Request(PortIndex port, const char* own, const char* wanted) {
  Frame frame = ArpRequest()
                    .Macs(port == kLan ? kLanMac : kWanMac, kBroadcastMac)
                    .From(own)
                    .To(wanted)
                    .Build();
  frame.resize(60, 0);
  return {port, frame};
}
inline std::pair<PortIndex, Frame> Announcement(PortIndex port, const char* address) {
  return Request(port, address, address);
}

inline TargetView Target(const char* name, const char* address, TargetHandle handle,
                         PortIndex port = kLan) {
  return {handle, TargetState::kUp, port, name, AddressNamed(address)};
}

inline ServiceView Service(const char* name, const char* vip) {
  return {name, AddressNamed(vip), Protocol::kTcp, {80}, NoTargetPolicy::kReject, {}};
}

// "lan" is 10.0.0.1/24 and 10.0.9.1/24, "wan" 192.0.2.254/24; "fixed" has a static
// MAC. What they announce of themselves is sent and forgotten.
struct ResolverFixture {
  ResolverFixture() {
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
    return {
        {kLanMac, {IpPrefix{AddressNamed("10.0.0.1"), 24}, {AddressNamed("10.0.9.1"), 24}}, "lan"},
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

inline const Sent kNothing;
inline const TargetHandle kSlot0(0, 0);
inline const TargetHandle kSlot1(1, 0);

}  // namespace holdfast
