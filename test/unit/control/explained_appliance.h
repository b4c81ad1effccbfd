// ExplainedAppliance: a TestAppliance that follows a directory and the real rules of
// affinities, as holdfastd does, and an Explainer of it.
//
// Targets web-1 to web-6 (10.0.0.11 and on) are in slots 0 to 5, resolved; web-3 has weight
// 0 everywhere. Services, at 192.0.2.1 unless said otherwise, with all of them:
//   web     TCP 80, 443
//   tunnel  TCP 8080 at 192.0.2.9, ipip; wrapped TCP 8081 at 192.0.2.9, gue
//   six     TCP 80 at 2001:db8:1::1, ipip
//   dns     UDP 53
//   idle    TCP 81, quiet UDP 54: every weight is 0; so it is with
//   silent  TCP 82, which drops what has no target
//   turns   TCP 83, round_robin, and refuses clients of a draining owner
//   fewest  TCP 84, least_connections, and breaks their affinities
//   source  TCP 85, source_hash
//   standby TCP 86, hot_standby: two targets of each rank
// Affinities of a target that is down wait.
//   range   TCP 8000 to 8999
//   prefix  every TCP port of 192.0.2.8/29
//   sticky  TCP 88, least_connections, automatic affinity that lingers for 20 s; breaks
//   seats   UDP 55, automatic affinity from client ports 40000 to 40004; refuses
#pragma once

#include <memory>
#include <string>

#include "control/affinity_manager.h"
#include "control/explainer.h"
#include "control/target_directory.h"
#include "support/fake_clock.h"
#include "support/packet_builder.h"
#include "support/test_appliance.h"

namespace holdfast {

inline constexpr std::size_t kExplainedTargets = 6;
inline constexpr SegmentFlags kSynSegment{.syn = true};
inline constexpr SegmentFlags kDataSegment{.payload = true, .ack = true};
inline constexpr SegmentFlags kFinSegment{.fin = true, .ack = true};
inline constexpr SegmentFlags kRstSegment{.rst = true};
inline constexpr SegmentFlags kDatagram{.payload = true};

inline config::Target ExplainedTarget(std::size_t slot) {
  return {"web-" + std::to_string(slot + 1),
          IpAddress::FromV4(0x0a00000b + static_cast<std::uint32_t>(slot)),
          {},
          0};
}

// With all targets, or without that of a name.
inline config::BalancerConfig ExplainedConfig(const std::string& without = "") {
  config::BalancerConfig config;
  config.ring_seed = kTestRingSeed;
  for (std::size_t slot = 0; slot < kExplainedTargets; ++slot)
    if (ExplainedTarget(slot).name != without) config.targets.push_back(ExplainedTarget(slot));
  const auto add = [&](const char* name, const char* vip, Protocol protocol,
                       std::vector<std::uint16_t> ports, std::uint32_t weight) {
    config::Service& service = config.services.emplace_back();
    service.name = name;
    service.vip = AddressNamed(vip);
    service.protocol = protocol;
    service.ports = std::move(ports);
    for (std::size_t i = 0; i < config.targets.size(); ++i)
      service.targets.push_back({i, config.targets[i].name == "web-3" ? 0 : weight});
  };
  add("web", "192.0.2.1", Protocol::kTcp, {80, 443}, 100);
  add("tunnel", "192.0.2.9", Protocol::kTcp, {8080}, 100);
  add("dns", "192.0.2.1", Protocol::kUdp, {53}, 100);
  add("idle", "192.0.2.1", Protocol::kTcp, {81}, 0);
  add("quiet", "192.0.2.1", Protocol::kUdp, {54}, 0);
  add("silent", "192.0.2.1", Protocol::kTcp, {82}, 0);
  add("wrapped", "192.0.2.9", Protocol::kTcp, {8081}, 100);
  add("six", "2001:db8:1::1", Protocol::kTcp, {80}, 100);
  add("turns", "192.0.2.1", Protocol::kTcp, {83}, 100);
  add("fewest", "192.0.2.1", Protocol::kTcp, {84}, 100);
  add("source", "192.0.2.1", Protocol::kTcp, {85}, 100);
  add("standby", "192.0.2.1", Protocol::kTcp, {86}, 100);
  config.services[8].method = BalancingMethod::kRoundRobin;
  config.services[9].method = BalancingMethod::kLeastConnections;
  config.services[10].method = BalancingMethod::kSourceHash;
  config.services[11].method = BalancingMethod::kHotStandby;
  config.services[8].on_drain = config::OnDrain::kRefuse;
  config.services[9].on_drain = config::OnDrain::kBreak;
  for (config::ServiceTarget& member : config.services[11].targets)
    member.rank = static_cast<std::uint32_t>(1 + member.target / 2);
  add("range", "192.0.2.1", Protocol::kTcp, {}, 100);
  add("prefix", "192.0.2.8", Protocol::kTcp, {}, 100);
  config.services[12].ports = {PortRange(8000, 8999)};
  config.services[13].vip = Vip(IpPrefix::Parse("192.0.2.8/29").value());
  config.services[13].ports = {PortRange::Every()};
  add("translated", "192.0.2.1", Protocol::kTcp, {87}, 100);
  config.services[14].forwarding = ForwardingMode::kNat;
  config.services[14].target_port = 8087;
  add("sticky", "192.0.2.1", Protocol::kTcp, {88}, 100);
  config.services[15].method = BalancingMethod::kLeastConnections;
  config.services[15].on_drain = config::OnDrain::kBreak;
  config.services[15].automatic_affinity.emplace().linger = absl::Seconds(20);
  add("seats", "192.0.2.1", Protocol::kUdp, {55}, 100);
  config.services[16].on_drain = config::OnDrain::kRefuse;
  config.services[16].automatic_affinity.emplace().client_ports = {PortRange(40000, 40004)};
  for (config::Service& service : config.services) service.on_down = config::OnDown::kSuspend;
  config.services[1].forwarding = ForwardingMode::kIpip;
  config.services[5].no_target = config::NoTarget::kDrop;
  config.services[6].forwarding = ForwardingMode::kGue;
  config.services[7].forwarding = ForwardingMode::kIpip;
  return config;
}

struct ExplainedAppliance {
  explicit ExplainedAppliance(std::size_t workers = 1, std::size_t connections = 4096,
                              std::string port_kernel_interface = "")
      : kernel_interface(std::move(port_kernel_interface)),
        appliance({.workers = workers,
                   .connections = connections,
                   .nat_ports = PortRange(20000, 63999),
                   .nat_sessions = 65536}) {
    for (std::size_t slot = 0; slot < kExplainedTargets; ++slot)
      appliance.neighbours.Set(slot, TargetMac(slot));
    Publish();
  }

  void Publish() { appliance.snapshots->Publish(directory.BuildSnapshot()); }
  void Drain(const std::string& target) {
    directory.SetState(target, TargetState::kDraining).value();
    Publish();
  }
  void Remove(const std::string& target) {
    REQUIRE(directory.Apply(ExplainedConfig(target)).ok());
    Publish();
  }
  // For every connection of the client to a service of 192.0.2.1 or another VIP.
  AffinityOutcome Hold(const IpAddress& client, const std::string& target,
                       std::vector<std::uint16_t> service_ports = {},
                       std::vector<std::uint16_t> client_ports = {}) {
    return affinities
        .Start({AddressNamed("192.0.2.1"), Protocol::kTcp, std::move(service_ports), client,
                std::move(client_ports)},
               target, absl::Minutes(10))
        .outcome;
  }
  [[nodiscard]] Explanation Explain(const FlowKey& flow, SegmentFlags segment,
                                    std::optional<WorkerId> worker = std::nullopt) const {
    return explainer.Explain({flow, segment, worker}).value();
  }

  const std::string kernel_interface;
  FakeClock clock;
  ControlCounters counters;
  TargetDirectory directory{ExplainedConfig()};
  TestAppliance appliance;
  AffinityManager affinities{{}, clock, directory, appliance.replicas(), counters};
  Explainer explainer{Sources()};

 private:
  Explainer::Sources Sources() {
    Explainer::Sources sources{
        .snapshots = appliance.snapshots.get(),
        .neighbours = &appliance.neighbours,
        .affinities = &affinities,
        .connections = appliance.all_connections(),
        .clients = &appliance.clients,
        .affinity_replicas = {},
        .hash_key = TestAppliance::hash_key(),
        .ring_seed = kTestRingSeed,
        .ports = {{"lan", kBalancerMac, {{AddressNamed("10.0.0.1"), 24}}, kernel_interface}},
        .now = TestAppliance::Now};
    for (const AffinityTable* replica : appliance.replicas())
      sources.affinity_replicas.push_back(replica);
    return sources;
  }
};

}  // namespace holdfast
