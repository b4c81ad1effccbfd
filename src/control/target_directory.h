// TargetDirectory: services and targets, and the snapshots that workers follow.
//
// Slots (P7)
//   A service keeps its slot for good: its place in the configuration. A target
//   has a slot while it is there. When it is removed the slot waits as kRemoved
//   until every table was swept of its handles, and is then free for another
//   target, under the next generation.
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
#include "tables/snapshot.h"

namespace holdfast {

class TargetDirectory {
 public:
  struct TargetInfo {
    std::string name;
    TargetHandle handle;
    TargetState state = TargetState::kUp;
    IpAddress address;
    std::vector<std::string> services;  // ordered
  };
  struct ServiceTargetInfo {
    std::string name;
    std::uint32_t weight = 0;
    TargetState state = TargetState::kUp;
    double ring_share = 0;
  };
  // What a service is, without who serves it.
  struct ServiceIdentity {
    ServiceSlot slot = kNoService;
    std::string name;
    IpAddress vip;
    Protocol protocol = Protocol::kTcp;
    std::vector<std::uint16_t> ports;  // ascending
  };
  struct ServiceInfo : ServiceIdentity {
    std::vector<ServiceTargetInfo> targets;  // ordered by name
  };

  // Takes services and targets from a validated configuration.
  explicit TargetDirectory(const config::BalancerConfig& config);

  // The snapshot for what stands now; its version grows with every call.
  [[nodiscard]] std::unique_ptr<const Snapshot> BuildSnapshot();

  // Returns the target as it is now. NOT_FOUND names the target; the known ones
  // are listed. INVALID_ARGUMENT: a state that is not up or draining.
  absl::StatusOr<TargetInfo> SetState(const std::string& target, TargetState state);
  // Takes a target out of all services (P7). Its slot is free for another only
  // after ReleaseSwept() saw that every worker swept its handles. NOT_FOUND as above.
  absl::Status Remove(const std::string& target);
  // Adds a target to the named services' sets (with weight 100 where new). It may
  // be there already, with the same address. On error nothing has changed:
  //   NOT_FOUND           a service has no such name; the known ones are listed
  //   ALREADY_EXISTS      the name is there with another address
  //   RESOURCE_EXHAUSTED  all slots are taken, or wait for their sweep
  absl::Status Add(const config::Target& target, const std::vector<std::string>& services);
  // `swept_version`: the oldest snapshot version whose sweep every worker finished.
  void ReleaseSwept(std::uint64_t swept_version);

  [[nodiscard]] std::vector<TargetInfo> Targets() const;    // ordered by name
  [[nodiscard]] std::vector<ServiceInfo> Services() const;  // ordered by name
  [[nodiscard]] std::optional<TargetHandle> FindTarget(const std::string& name) const;
  // "" for a target that is gone.
  [[nodiscard]] std::string TargetName(TargetHandle handle) const;
  // REQUIRES: a service is in this slot.
  [[nodiscard]] const ServiceIdentity& Service(ServiceSlot slot) const;
  // The services of this VIP and protocol, in the order of their slots.
  [[nodiscard]] std::vector<const ServiceIdentity*> ServicesOf(const IpAddress& vip,
                                                               Protocol protocol) const;
  // Those of them that have the target in their sets, whatever its weight and state.
  [[nodiscard]] std::vector<const ServiceIdentity*> ServedBy(TargetHandle target,
                                                             const IpAddress& vip,
                                                             Protocol protocol) const;

 private:
  struct TargetRecord {
    TargetView view;
    std::uint64_t removed_in = 0;  // version of the first snapshot without it
  };
  struct Member {
    std::uint32_t weight = 0;
    double ring_share = 0;
  };
  struct ServiceRecord {
    ServiceIdentity identity;
    NoTargetPolicy no_target = NoTargetPolicy::kReject;
    ForwardingMode forwarding = ForwardingMode::kL2;
    std::map<std::size_t, Member> members;  // by target slot
    MaglevRing ring;
  };

  void BuildRing(ServiceRecord& service);
  void BuildRingsOf(std::size_t slot);
  [[nodiscard]] absl::StatusOr<std::size_t> SlotOf(const std::string& target) const;
  [[nodiscard]] absl::StatusOr<std::size_t> SlotFor(const config::Target& target) const;
  [[nodiscard]] absl::StatusOr<std::vector<ServiceRecord*>> FindServices(
      const std::vector<std::string>& names);
  [[nodiscard]] TargetInfo Describe(std::size_t slot) const;
  [[nodiscard]] ServiceInfo Describe(const ServiceRecord& service) const;

  std::uint64_t ring_seed_;
  std::uint64_t version_ = 0;                 // of the last snapshot
  std::vector<TargetRecord> targets_;         // by slot
  std::map<std::string, std::size_t> slots_;  // of the targets that are there
  std::vector<ServiceRecord> services_;       // by slot
};

}  // namespace holdfast
