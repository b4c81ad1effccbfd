// TargetDirectory: services and targets, and the snapshots that workers follow.
//
// Slots (P7)
//   A target has a slot while it is there. When it is removed the slot waits as
//   kRemoved until every table was swept of its handles, and is then free for
//   another target, under the next generation. A service keeps its slot while it has
//   its VIP and protocol; then the slot waits as long, for no worker may take
//   another service's affinities for its.
//
// Thread: the management loop.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "config/balancer_config.h"
#include "control/service_balancing.h"
#include "control/target_record.h"
#include "tables/snapshot.h"

namespace holdfast {

class TargetDirectory {
 public:
  struct TargetInfo {
    std::string name;
    TargetHandle handle;
    TargetState state = TargetState::kUp;
    IpAddress address;
    std::vector<std::string> services;        // ordered
    std::uint32_t capacity = kWholeCapacity;  // that it reports
  };
  struct ServiceTargetInfo {
    std::string name;
    std::uint32_t weight = 0;
    TargetState state = TargetState::kUp;
    double ring_share = 0;
    std::uint32_t rank = 0;
    bool down = false;        // for this service, as workers see it
    bool found_down = false;  // by checks or an operator, whatever comes of it
  };
  // What a service is, without who serves it.
  struct ServiceIdentity {
    ServiceSlot slot = kNoService;
    std::string name;
    Vip vip;
    Protocol protocol = Protocol::kTcp;
    PortSet ports;
    config::AffinityRules affinity = {};
  };
  struct ServiceInfo : ServiceIdentity {
    std::vector<ServiceTargetInfo> targets;  // ordered by name
    BalancingMethod method = BalancingMethod::kMaglev;
    bool in_panic = false;  // health would leave too few targets
    std::uint64_t panics = 0;
  };

  // Takes services and targets from a validated configuration.
  explicit TargetDirectory(const config::BalancerConfig& config);

  // Makes services and targets those of `config`, which is validated and has the same
  // ports and ring seed. Who keeps the name keeps slot, handle and state (an operator's
  // drain), also with another address; all others are gone at once. A service with
  // another VIP or protocol is another one. The order of `config` says nothing.
  // RESOURCE_EXHAUSTED, as of CheckRoom(): nothing has changed.
  absl::Status Apply(const config::BalancerConfig& config);
  // Whether there are slots for what `config` adds. RESOURCE_EXHAUSTED: all are
  // taken, or wait for their sweep.
  [[nodiscard]] absl::Status CheckRoom(const config::BalancerConfig& config) const;

  // The snapshot for what stands now; its version grows with every call.
  [[nodiscard]] std::unique_ptr<const Snapshot> BuildSnapshot();

  // Returns the target as it is now. NOT_FOUND names the target; the known ones
  // are listed. INVALID_ARGUMENT: a state that is not up or draining.
  absl::StatusOr<TargetInfo> SetState(const std::string& target, TargetState state);
  // What somebody found out of a target's health in a service. True when anything is
  // different now: AffinityManager::EndOrphans() and a new snapshot are due. NOT_FOUND
  // names the service or the target; INVALID_ARGUMENT: it is not in the service's set.
  absl::StatusOr<bool> SetHealth(const std::string& service, const std::string& target,
                                 Health health, HealthSource source = HealthSource::kChecks);
  // What targets report of themselves, of kWholeCapacity; those that are not named report
  // nothing. True when a new snapshot is due.
  bool SetCapacities(const std::map<TargetHandle, std::uint32_t>& capacities);
  [[nodiscard]] std::vector<TargetHandle> Draining() const;
  // A target has drained for `age`. True when it has come to a drain_deadline:
  // EndOrphans() is due. REQUIRES: it is there.
  bool NoteDrain(TargetHandle target, absl::Duration age);
  // `swept_version`: the oldest snapshot version whose sweep every worker finished.
  void ReleaseSwept(std::uint64_t swept_version);

  [[nodiscard]] std::vector<TargetInfo> Targets() const;    // ordered by name
  [[nodiscard]] std::vector<ServiceInfo> Services() const;  // ordered by name
  [[nodiscard]] std::optional<TargetHandle> FindTarget(const std::string& name) const;
  // "" for a target that is gone.
  [[nodiscard]] std::string TargetName(TargetHandle handle) const;
  // REQUIRES: a service is in this slot.
  [[nodiscard]] const ServiceIdentity& Service(ServiceSlot slot) const;
  // nullptr when no service is in this slot.
  [[nodiscard]] const ServiceIdentity* FindService(ServiceSlot slot) const;
  // False when this target has been removed, whoever has its name now.
  [[nodiscard]] bool Has(TargetHandle handle) const;
  // Whether the target is in the service's set, whatever its weight and state.
  // REQUIRES: both are there.
  [[nodiscard]] bool Serves(TargetHandle target, ServiceSlot service) const;
  // What the target is for its affinities there. REQUIRES: Serves().
  [[nodiscard]] OwnerStanding StandingOf(TargetHandle target, ServiceSlot service) const;
  // Another number after each change that may have taken affinities their place: a target,
  // a service, one of its ports or of its set; a state.
  [[nodiscard]] std::uint64_t losses() const { return losses_; }
  // The services that have this address as their VIP, or in it, in the order of their slots.
  [[nodiscard]] std::vector<const ServiceIdentity*> ServicesOf(const IpAddress& vip,
                                                               Protocol protocol) const;
  // The one of them that a packet for this port is for; nullptr when there is none.
  [[nodiscard]] const ServiceIdentity* ServiceAt(const IpAddress& vip, Protocol protocol,
                                                 std::uint16_t port) const;
  // Those of them that have the target in their sets, whatever its weight and state.
  [[nodiscard]] std::vector<const ServiceIdentity*> ServedBy(TargetHandle target,
                                                             const IpAddress& vip,
                                                             Protocol protocol) const;

 private:
  using Members = ServiceBalancing::Members;
  struct ServiceRecord {
    ServiceIdentity identity;  // without a name: nobody is in this slot
    NoTargetPolicy no_target = NoTargetPolicy::kReject;
    ForwardingMode forwarding = ForwardingMode::kL2;
    ServiceBalancing balancing;
    ConnectionTimeouts timeouts;
    std::uint32_t max_half_open = 0;
    std::uint16_t target_port = 0;
    bool takes_echo = false;
    std::optional<config::AutomaticAffinity> automatic;
    std::uint64_t removed_in = 0;  // as of a target; 0: the slot is free
    [[nodiscard]] bool exists() const { return !identity.name.empty(); }
    [[nodiscard]] bool Is(const config::Service& service) const;
  };

  void RemoveServicesNotIn(const config::BalancerConfig& config);
  void RemoveTargetsNotIn(const config::BalancerConfig& config);
  void PutTarget(const config::Target& target);
  void PutService(const config::Service& service, const config::BalancerConfig& config);
  [[nodiscard]] Members MembersOf(const config::Service& service,
                                  const config::BalancerConfig& config) const;
  [[nodiscard]] std::size_t FreeTargetSlots() const;
  [[nodiscard]] std::size_t FreeServiceSlots() const;
  // Nothing when it is not there, or with another VIP or protocol.
  [[nodiscard]] std::optional<std::size_t> SlotOf(const config::Service& service) const;
  [[nodiscard]] static bool Loses(const ServiceRecord& record, const config::Service& service,
                                  const Members& members);
  // One that is free, or a new one. REQUIRES: there is room.
  TargetRecord& TakeTargetSlot();
  ServiceRecord& TakeServiceSlot();

  void MapServices();
  // What workers need of it.
  [[nodiscard]] AutomaticView AutomaticOf(const ServiceRecord& service) const;
  void Rebalance(ServiceRecord& service);
  void RebalanceAllOf(std::size_t slot);
  [[nodiscard]] absl::StatusOr<std::size_t> SlotOf(const std::string& target) const;
  [[nodiscard]] TargetInfo Describe(std::size_t slot) const;
  [[nodiscard]] ServiceInfo Describe(const ServiceRecord& service) const;

  std::uint64_t ring_seed_;
  std::uint64_t version_ = 0;  // of the last snapshot
  std::uint64_t losses_ = 0;
  NoServicePolicy no_service_ = NoServicePolicy::kReject;
  ConnectionTimeouts timeouts_;                       // of services without their own
  std::vector<TargetRecord> targets_;                 // by slot
  std::map<std::string, std::size_t> slots_;          // of the targets that are there
  std::vector<ServiceRecord> services_;               // by slot
  std::map<std::string, std::size_t> service_slots_;  // of the services that are there
  ServiceMap service_map_;                            // of the same
};

}  // namespace holdfast
