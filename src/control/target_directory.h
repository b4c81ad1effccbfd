// TargetDirectory: services and targets, and the snapshots that workers follow.
//
// Thread: the management loop.
#pragma once

#include <cstdint>
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
  struct ServiceInfo {
    ServiceSlot slot = kNoService;
    std::string name;
    IpAddress vip;
    Protocol protocol = Protocol::kTcp;
    std::vector<std::uint16_t> ports;
    std::vector<ServiceTargetInfo> targets;  // ordered by name
  };

  // Takes services and targets from a validated configuration.
  explicit TargetDirectory(const config::BalancerConfig& config);

  // The snapshot for what stands now; its version grows with every call.
  [[nodiscard]] std::unique_ptr<const Snapshot> BuildSnapshot();

  // NOT_FOUND names the target; the known ones are listed.
  absl::StatusOr<TargetInfo> SetState(const std::string& target, TargetState state);
  // Takes a target out of all services (P7). Its slot is free for another only
  // after ReleaseSwept() saw that every worker swept its handles.
  absl::Status Remove(const std::string& target);
  // Adds a target to the named services' sets (with weight 100 where new).
  absl::Status Add(const config::Target& target, const std::vector<std::string>& services);
  // `swept_version`: the oldest snapshot version whose sweep every worker finished.
  void ReleaseSwept(std::uint64_t swept_version);

  [[nodiscard]] std::vector<TargetInfo> Targets() const;    // ordered by name
  [[nodiscard]] std::vector<ServiceInfo> Services() const;  // ordered by name
  [[nodiscard]] std::optional<TargetHandle> FindTarget(const std::string& name) const;
  [[nodiscard]] std::string TargetName(TargetHandle handle) const;
  // The services of this VIP and protocol that the target serves; with ports,
  // only those that have one of them.
  [[nodiscard]] std::vector<ServiceInfo> ServedBy(TargetHandle target, const IpAddress& vip,
                                                  Protocol protocol) const;
};

}  // namespace holdfast
