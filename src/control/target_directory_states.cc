// TargetDirectory: the states that targets are put in while the configuration stays.
#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/no_such_name.h"
#include "control/target_directory.h"

namespace holdfast {

absl::StatusOr<TargetDirectory::TargetInfo> TargetDirectory::SetState(const std::string& target,
                                                                      TargetState state) {
  if (state != TargetState::kUp && state != TargetState::kDraining)
    return absl::InvalidArgumentError(
        absl::StrCat("target '", target, "' can be set to up or draining only"));
  const auto slot = SlotOf(target);
  if (!slot.ok()) return slot.status();
  if (std::exchange(targets_[*slot].view.state, state) == state) return Describe(*slot);
  ++losses_;
  for (ServiceRecord& service : services_) service.balancing.EndDrain(*slot);
  RebalanceAllOf(*slot);
  return Describe(*slot);
}

absl::StatusOr<bool> TargetDirectory::SetHealth(const std::string& service,
                                                const std::string& target, Health health,
                                                HealthSource source) {
  const auto named = service_slots_.find(service);
  if (named == service_slots_.end()) {
    std::vector<std::string> names;
    for (const auto& [name, slot] : service_slots_) names.push_back(name);
    return NoSuchName("service", service, std::move(names));
  }
  const auto slot = SlotOf(target);
  if (!slot.ok()) return slot.status();
  ServiceRecord& record = services_[named->second];
  if (!record.balancing.members().contains(*slot))
    return absl::InvalidArgumentError(
        absl::StrCat("target '", target, "' is not in the set of service '", service, "'"));
  if (!record.balancing.Find(*slot, health, source)) return false;
  Rebalance(record);
  return true;
}

bool TargetDirectory::SetCapacities(const std::map<TargetHandle, std::uint32_t>& capacities) {
  std::set<std::size_t> changed;
  for (std::size_t slot = 0; slot < targets_.size(); ++slot) {
    const auto reported = capacities.find(targets_[slot].view.handle);
    const std::uint32_t capacity = reported == capacities.end() ? kWholeCapacity : reported->second;
    if (std::exchange(targets_[slot].capacity, capacity) != capacity) changed.insert(slot);
  }
  bool rebuilt = false;
  for (ServiceRecord& service : services_) {
    if (service.balancing.method() != BalancingMethod::kReportedCapacity) continue;
    const auto& members = service.balancing.members();
    if (std::ranges::none_of(changed, [&](std::size_t slot) { return members.contains(slot); }))
      continue;
    Rebalance(service);
    rebuilt = true;
  }
  return rebuilt;
}

std::vector<TargetHandle> TargetDirectory::Draining() const {
  std::vector<TargetHandle> draining;
  for (const TargetRecord& target : targets_)
    if (target.view.state == TargetState::kDraining) draining.push_back(target.view.handle);
  return draining;
}

bool TargetDirectory::NoteDrain(TargetHandle target, absl::Duration age) {
  bool any = false;
  for (ServiceRecord& service : services_) any |= service.balancing.NoteDrain(target.slot(), age);
  if (any) ++losses_;
  return any;
}

OwnerStanding TargetDirectory::StandingOf(TargetHandle target, ServiceSlot service) const {
  return services_[Index(service)].balancing.StandingOf(targets_[target.slot()].view);
}

}  // namespace holdfast
