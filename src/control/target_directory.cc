#include "control/target_directory.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace holdfast {
namespace {

constexpr std::uint32_t kDefaultWeight = config::ServiceTarget().weight;

TargetView ViewOf(const config::Target& target, TargetHandle handle) {
  return {handle, TargetState::kUp, static_cast<PortIndex>(target.port), target.name,
          target.address};
}

template <typename Record>
std::string NamesIn(const std::map<std::string, Record>& records) {
  return absl::StrJoin(records, ", ", [](std::string* out, const auto& entry) {
    absl::StrAppend(out, entry.first);
  });
}

template <typename Entry>
void SortByName(std::vector<Entry>& entries) {
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.name < b.name; });
}

}  // namespace

TargetDirectory::TargetDirectory(const config::BalancerConfig& config)
    : ring_seed_(config.ring_seed) {
  for (std::size_t slot = 0; slot < config.targets.size(); ++slot) {
    targets_.push_back({ViewOf(config.targets[slot], TargetHandle(slot, 0))});
    slots_.emplace(config.targets[slot].name, slot);
  }
  for (const config::Service& service : config.services) {
    ServiceRecord& record = services_.emplace_back();
    record.identity = {static_cast<ServiceSlot>(services_.size() - 1), service.name, service.vip,
                       service.protocol, service.ports};
    record.no_target = service.no_target == config::NoTarget::kDrop ? NoTargetPolicy::kDrop
                                                                    : NoTargetPolicy::kReject;
    record.forwarding = service.forwarding == config::Forwarding::kIpip ? ForwardingMode::kIpip
                                                                        : ForwardingMode::kL2;
    for (const config::ServiceTarget& target : service.targets)
      record.members[target.target].weight = target.weight;
    BuildRing(record);
  }
}

// Weights stay with a draining target, so that it comes back as it was.
void TargetDirectory::BuildRing(ServiceRecord& service) {
  std::vector<MaglevRing::Choice> choices;
  for (const auto& [slot, member] : service.members) {
    const TargetView& view = targets_[slot].view;
    if (view.state == TargetState::kUp && member.weight > 0)
      choices.push_back({view.name, member.weight, static_cast<std::uint16_t>(view.handle.raw())});
  }
  service.ring = choices.empty() ? MaglevRing() : MaglevRing(choices, ring_seed_);
  for (auto& [slot, member] : service.members) member.ring_share = 0;
  for (const MaglevRing::Choice& choice : choices)
    service.members[TargetHandle::FromRaw(choice.value).slot()].ring_share =
        service.ring.Share(choice.value);
}

void TargetDirectory::BuildRingsOf(std::size_t slot) {
  for (ServiceRecord& service : services_)
    if (service.members.contains(slot)) BuildRing(service);
}

std::unique_ptr<const Snapshot> TargetDirectory::BuildSnapshot() {
  Snapshot::Parts parts;
  parts.version = ++version_;
  for (const TargetRecord& target : targets_) parts.targets.push_back(target.view);
  for (const ServiceRecord& service : services_)
    parts.services.push_back({service.identity.name, service.identity.vip,
                              service.identity.protocol, service.identity.ports, service.no_target,
                              service.ring, service.forwarding});
  return std::make_unique<const Snapshot>(std::move(parts));
}

absl::StatusOr<TargetDirectory::TargetInfo> TargetDirectory::SetState(const std::string& target,
                                                                      TargetState state) {
  if (state != TargetState::kUp && state != TargetState::kDraining)
    return absl::InvalidArgumentError(
        absl::StrCat("target '", target, "' can be set to up or draining only"));
  const auto slot = SlotOf(target);
  if (!slot.ok()) return slot.status();
  if (std::exchange(targets_[*slot].view.state, state) != state) BuildRingsOf(*slot);
  return Describe(*slot);
}

absl::Status TargetDirectory::Remove(const std::string& target) {
  const auto slot = SlotOf(target);
  if (!slot.ok()) return slot.status();
  targets_[*slot].view.state = TargetState::kRemoved;
  targets_[*slot].removed_in = version_ + 1;
  slots_.erase(target);
  for (ServiceRecord& service : services_)
    if (service.members.erase(*slot) > 0) BuildRing(service);
  return absl::OkStatus();
}

absl::Status TargetDirectory::Add(const config::Target& target,
                                  const std::vector<std::string>& services) {
  const auto records = FindServices(services);
  if (!records.ok()) return records.status();
  const auto slot = SlotFor(target);
  if (!slot.ok()) return slot.status();

  if (*slot == targets_.size()) targets_.emplace_back().view.handle = TargetHandle(*slot, 0);
  if (slots_.emplace(target.name, *slot).second)
    targets_[*slot].view = ViewOf(target, targets_[*slot].view.handle);
  for (ServiceRecord* service : *records)
    if (service->members.try_emplace(*slot, Member{kDefaultWeight}).second) BuildRing(*service);
  return absl::OkStatus();
}

void TargetDirectory::ReleaseSwept(std::uint64_t swept_version) {
  for (TargetRecord& target : targets_) {
    if (target.view.state != TargetState::kRemoved || target.removed_in > swept_version) continue;
    TargetView free;
    free.handle = target.view.handle.NextGeneration();
    target.view = free;
  }
}

absl::StatusOr<std::size_t> TargetDirectory::SlotOf(const std::string& target) const {
  if (const auto found = slots_.find(target); found != slots_.end()) return found->second;
  return absl::NotFoundError(
      absl::StrCat("no target is called '", target, "'; there are: ", NamesIn(slots_)));
}

// Where `target` is, or the first free slot, which may be one past the last.
absl::StatusOr<std::size_t> TargetDirectory::SlotFor(const config::Target& target) const {
  if (const auto found = slots_.find(target.name); found != slots_.end()) {
    const IpAddress& address = targets_[found->second].view.address;
    if (address == target.address) return found->second;
    return absl::AlreadyExistsError(absl::StrCat("target '", target.name,
                                                 "' is there with address ", address.ToString(),
                                                 ", not ", target.address.ToString()));
  }
  const auto free = std::find_if(targets_.begin(), targets_.end(), [](const TargetRecord& record) {
    return record.view.state == TargetState::kAbsent;
  });
  const auto slot = static_cast<std::size_t>(free - targets_.begin());
  if (slot < kMaxTargets) return slot;
  return absl::ResourceExhaustedError(absl::StrCat("no room for target '", target.name, "': all ",
                                                   kMaxTargets,
                                                   " slots are taken or wait for their sweep"));
}

absl::StatusOr<std::vector<TargetDirectory::ServiceRecord*>> TargetDirectory::FindServices(
    const std::vector<std::string>& names) {
  std::map<std::string, ServiceRecord*> by_name;
  for (ServiceRecord& service : services_) by_name.emplace(service.identity.name, &service);
  std::vector<ServiceRecord*> found;
  for (const std::string& name : names) {
    const auto service = by_name.find(name);
    if (service == by_name.end())
      return absl::NotFoundError(
          absl::StrCat("no service is called '", name, "'; there are: ", NamesIn(by_name)));
    found.push_back(service->second);
  }
  return found;
}

TargetDirectory::TargetInfo TargetDirectory::Describe(std::size_t slot) const {
  const TargetView& view = targets_[slot].view;
  TargetInfo info{view.name, view.handle, view.state, view.address, {}};
  for (const ServiceRecord& service : services_)
    if (service.members.contains(slot)) info.services.push_back(service.identity.name);
  std::sort(info.services.begin(), info.services.end());
  return info;
}

TargetDirectory::ServiceInfo TargetDirectory::Describe(const ServiceRecord& service) const {
  ServiceInfo info{service.identity, {}};
  for (const auto& [slot, member] : service.members) {
    const TargetView& view = targets_[slot].view;
    info.targets.push_back({view.name, member.weight, view.state, member.ring_share});
  }
  SortByName(info.targets);
  return info;
}

std::vector<TargetDirectory::TargetInfo> TargetDirectory::Targets() const {
  std::vector<TargetInfo> targets;
  for (const auto& [name, slot] : slots_) targets.push_back(Describe(slot));
  return targets;
}

std::vector<TargetDirectory::ServiceInfo> TargetDirectory::Services() const {
  std::vector<ServiceInfo> services;
  for (const ServiceRecord& service : services_) services.push_back(Describe(service));
  SortByName(services);
  return services;
}

std::optional<TargetHandle> TargetDirectory::FindTarget(const std::string& name) const {
  const auto found = slots_.find(name);
  if (found == slots_.end()) return std::nullopt;
  return targets_[found->second].view.handle;
}

std::string TargetDirectory::TargetName(TargetHandle handle) const {
  if (handle.slot() >= targets_.size()) return "";
  const TargetView& view = targets_[handle.slot()].view;
  return view.handle == handle ? view.name : "";
}

const TargetDirectory::ServiceIdentity& TargetDirectory::Service(ServiceSlot slot) const {
  return services_.at(Index(slot)).identity;
}

std::vector<const TargetDirectory::ServiceIdentity*> TargetDirectory::ServicesOf(
    const IpAddress& vip, Protocol protocol) const {
  std::vector<const ServiceIdentity*> services;
  for (const ServiceRecord& service : services_)
    if (service.identity.vip == vip && service.identity.protocol == protocol)
      services.push_back(&service.identity);
  return services;
}

std::vector<const TargetDirectory::ServiceIdentity*> TargetDirectory::ServedBy(
    TargetHandle target, const IpAddress& vip, Protocol protocol) const {
  auto services = ServicesOf(vip, protocol);
  std::erase_if(services, [&](const ServiceIdentity* service) {
    return !services_[Index(service->slot)].members.contains(target.slot());
  });
  return services;
}

}  // namespace holdfast
