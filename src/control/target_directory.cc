#include "control/target_directory.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/no_such_name.h"
#include "control/service_limits.h"

namespace holdfast {
namespace {

absl::Status NoRoom(absl::string_view kind, std::size_t wanted, std::size_t free,
                    std::size_t most) {
  return absl::ResourceExhaustedError(absl::StrCat(
      "no room for ", wanted, " more ", kind, ": of ", most, " slots ", free,
      " are free, the others are taken or wait until every table was swept of who had them"));
}

// Those of `entries` that `is_in` does not know.
template <typename Entries, typename IsIn>
std::size_t CountNew(const Entries& entries, IsIn is_in) {
  return static_cast<std::size_t>(std::count_if(entries.begin(), entries.end(),
                                                [&](const auto& entry) { return !is_in(entry); }));
}

NoServicePolicy PolicyOf(config::NoService no_service) {
  if (no_service == config::NoService::kKernel) return NoServicePolicy::kKernel;
  return no_service == config::NoService::kDrop ? NoServicePolicy::kDrop : NoServicePolicy::kReject;
}

template <typename Entry>
void SortByName(std::vector<Entry>& entries) {
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.name < b.name; });
}

}  // namespace

TargetDirectory::TargetDirectory(const config::BalancerConfig& config)
    : ring_seed_(config.ring_seed) {
  // An empty directory has room for all that a valid configuration may hold.
  Apply(config).IgnoreError();
}

bool TargetDirectory::ServiceRecord::Is(const config::Service& service) const {
  return identity.name == service.name && identity.vip == service.vip &&
         identity.protocol == service.protocol;
}

absl::Status TargetDirectory::Apply(const config::BalancerConfig& config) {
  if (auto room = CheckRoom(config); !room.ok()) return room;
  RemoveServicesNotIn(config);
  RemoveTargetsNotIn(config);
  for (const config::Target& target : config.targets) PutTarget(target);
  for (const config::Service& service : config.services) PutService(service, config);
  MapServices();
  timeouts_ = TimeoutsOf(config.connections.timeouts);
  no_service_ = PolicyOf(config.no_service);
  return absl::OkStatus();
}

// What the same configuration removes is no room: it waits for its sweep.
absl::Status TargetDirectory::CheckRoom(const config::BalancerConfig& config) const {
  const std::size_t targets = CountNew(
      config.targets, [this](const config::Target& one) { return slots_.contains(one.name); });
  if (targets > FreeTargetSlots())
    return NoRoom("targets", targets, FreeTargetSlots(), kMaxTargets);
  const std::size_t services = CountNew(
      config.services, [this](const config::Service& one) { return SlotOf(one).has_value(); });
  if (services > FreeServiceSlots())
    return NoRoom("services", services, FreeServiceSlots(), kMaxServices);
  return absl::OkStatus();
}

void TargetDirectory::RemoveServicesNotIn(const config::BalancerConfig& config) {
  std::set<std::size_t> kept;
  for (const config::Service& service : config.services)
    if (const auto slot = SlotOf(service)) kept.insert(*slot);
  std::erase_if(service_slots_, [&](const auto& entry) {
    if (kept.contains(entry.second)) return false;
    ServiceRecord gone;
    gone.identity.slot = services_[entry.second].identity.slot;
    gone.removed_in = version_ + 1;
    services_[entry.second] = std::move(gone);
    ++losses_;
    return true;
  });
}

void TargetDirectory::RemoveTargetsNotIn(const config::BalancerConfig& config) {
  std::set<std::string> names;
  for (const config::Target& target : config.targets) names.insert(target.name);
  std::erase_if(slots_, [&](const auto& entry) {
    const auto& [name, slot] = entry;
    if (names.contains(name)) return false;
    targets_[slot].view.state = TargetState::kRemoved;
    targets_[slot].removed_in = version_ + 1;
    ++losses_;
    return true;
  });
}

void TargetDirectory::PutTarget(const config::Target& target) {
  const auto known = slots_.find(target.name);
  TargetView& view = known != slots_.end() ? targets_[known->second].view : TakeTargetSlot().view;
  if (known == slots_.end()) {
    slots_.emplace(target.name, view.handle.slot());
    view.name = target.name;
    view.state = TargetState::kUp;
  }
  view.address = target.address;
  view.port = static_cast<PortIndex>(target.port);
  view.gateway = target.gateway;
  view.forwarding = target.forwarding;
  view.gue_port = target.gue_port;
}

void TargetDirectory::PutService(const config::Service& service,
                                 const config::BalancerConfig& config) {
  const auto known = SlotOf(service);
  ServiceRecord& record = known ? services_[*known] : TakeServiceSlot();
  service_slots_[service.name] = Index(record.identity.slot);
  Members members = MembersOf(service, config);
  if (Loses(record, service, members)) ++losses_;
  record.identity = {record.identity.slot, service.name,  service.vip,
                     service.protocol,     service.ports, service.affinity};
  record.no_target = service.no_target == config::NoTarget::kDrop ? NoTargetPolicy::kDrop
                                                                  : NoTargetPolicy::kReject;
  record.forwarding = service.forwarding;
  record.timeouts = TimeoutsOf(service, config.connections.timeouts);
  record.max_half_open = service.max_half_open;
  record.target_port = service.target_port;
  record.takes_echo = service.takes_echo;
  record.automatic = service.automatic_affinity;
  if (known && record.balancing.TreatsOwnersOtherwise(service)) ++losses_;
  if (record.balancing.Configure(service, std::move(members))) Rebalance(record);
}

bool TargetDirectory::Loses(const ServiceRecord& record, const config::Service& service,
                            const Members& members) {
  return !service.ports.Includes(record.identity.ports) ||
         std::ranges::any_of(record.balancing.members(),
                             [&](const auto& member) { return !members.contains(member.first); });
}

TargetDirectory::Members TargetDirectory::MembersOf(const config::Service& service,
                                                    const config::BalancerConfig& config) const {
  Members members;
  for (const config::ServiceTarget& configured : service.targets) {
    auto& member = members[slots_.at(config.targets[configured.target].name)];
    member.weight = configured.weight;
    member.rank = configured.rank;
  }
  return members;
}

std::size_t TargetDirectory::FreeTargetSlots() const {
  const auto free = std::count_if(targets_.begin(), targets_.end(), [](const auto& record) {
    return record.view.state == TargetState::kAbsent;
  });
  return kMaxTargets - targets_.size() + static_cast<std::size_t>(free);
}

std::size_t TargetDirectory::FreeServiceSlots() const {
  const auto free = std::count_if(services_.begin(), services_.end(), [](const auto& record) {
    return !record.exists() && record.removed_in == 0;
  });
  return kMaxServices - services_.size() + static_cast<std::size_t>(free);
}

std::optional<std::size_t> TargetDirectory::SlotOf(const config::Service& service) const {
  const auto found = service_slots_.find(service.name);
  if (found == service_slots_.end() || !services_[found->second].Is(service)) return std::nullopt;
  return found->second;
}

TargetRecord& TargetDirectory::TakeTargetSlot() {
  for (TargetRecord& record : targets_)
    if (record.view.state == TargetState::kAbsent) return record;
  TargetRecord& record = targets_.emplace_back();
  record.view.handle = TargetHandle(targets_.size() - 1, 0);
  return record;
}

TargetDirectory::ServiceRecord& TargetDirectory::TakeServiceSlot() {
  for (ServiceRecord& record : services_)
    if (!record.exists() && record.removed_in == 0) return record;
  ServiceRecord& record = services_.emplace_back();
  record.identity.slot = static_cast<ServiceSlot>(services_.size() - 1);
  return record;
}

void TargetDirectory::MapServices() {
  std::vector<ServiceMap::Place> places;
  for (const auto& [name, slot] : service_slots_) {
    const ServiceRecord& record = services_[slot];
    const ServiceIdentity& identity = record.identity;
    places.push_back({identity.vip, identity.protocol, identity.ports,
                      Destination(identity.slot, record.forwarding, identity.vip.IsV4())});
  }
  service_map_ = ServiceMap(places);
}

void TargetDirectory::Rebalance(ServiceRecord& service) {
  if (service.balancing.Rebuild(targets_, ring_seed_)) ++losses_;
}

void TargetDirectory::RebalanceAllOf(std::size_t slot) {
  for (ServiceRecord& service : services_)
    if (service.balancing.members().contains(slot)) Rebalance(service);
}

// Who has drained to its deadline keeps no client.
AutomaticView TargetDirectory::AutomaticOf(const ServiceRecord& service) const {
  if (!service.automatic) return {};
  AutomaticView view{.on = true,
                     .linger = WholeSeconds(service.automatic->linger),
                     .client_ports = service.automatic->client_ports,
                     .targets = {}};
  for (const auto& [slot, member] : service.balancing.members())
    if (!member.drained) view.targets.push_back(targets_[slot].view.handle);
  std::ranges::sort(view.targets);
  return view;
}

std::unique_ptr<const Snapshot> TargetDirectory::BuildSnapshot() {
  Snapshot::Parts parts;
  parts.version = ++version_;
  parts.no_service = no_service_;
  parts.timeouts = timeouts_;
  for (const TargetRecord& target : targets_) parts.targets.push_back(target.view);
  for (const ServiceRecord& service : services_)
    parts.services.push_back(
        {service.identity.name, service.identity.vip, service.identity.protocol,
         service.identity.ports, service.no_target, service.balancing.ring(), service.forwarding,
         service.balancing.View(targets_), service.timeouts, service.max_half_open,
         service.target_port, service.takes_echo, AutomaticOf(service)});
  for (const ServiceView& service : parts.services)
    for (const TargetHandle down : service.balancing.down)
      parts.targets[down.slot()].down_somewhere = true;
  return std::make_unique<const Snapshot>(std::move(parts));
}

void TargetDirectory::ReleaseSwept(std::uint64_t swept_version) {
  for (TargetRecord& target : targets_) {
    if (target.view.state != TargetState::kRemoved || target.removed_in > swept_version) continue;
    TargetView free;
    free.handle = target.view.handle.NextGeneration();
    target = TargetRecord{.view = free};
  }
  for (ServiceRecord& service : services_)
    if (service.removed_in <= swept_version) service.removed_in = 0;
}

absl::StatusOr<std::size_t> TargetDirectory::SlotOf(const std::string& target) const {
  if (const auto found = slots_.find(target); found != slots_.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [name, slot] : slots_) names.push_back(name);
  return NoSuchName("target", target, std::move(names));
}

TargetDirectory::TargetInfo TargetDirectory::Describe(std::size_t slot) const {
  const TargetView& view = targets_[slot].view;
  TargetInfo info{view.name, view.handle, view.state, view.address, {}, targets_[slot].capacity};
  for (const ServiceRecord& service : services_)
    if (service.balancing.members().contains(slot)) info.services.push_back(service.identity.name);
  std::sort(info.services.begin(), info.services.end());
  return info;
}

TargetDirectory::ServiceInfo TargetDirectory::Describe(const ServiceRecord& service) const {
  const ServiceBalancing& balancing = service.balancing;
  ServiceInfo info{
      service.identity, {}, balancing.method(), balancing.in_panic(), balancing.panics()};
  for (const auto& [slot, member] : balancing.members()) {
    const TargetView& view = targets_[slot].view;
    info.targets.push_back({view.name, member.weight, view.state, member.share, member.rank,
                            member.down, member.found_down != 0});
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
  for (const ServiceRecord& service : services_)
    if (service.exists()) services.push_back(Describe(service));
  SortByName(services);
  return services;
}

std::optional<TargetHandle> TargetDirectory::FindTarget(const std::string& name) const {
  const auto found = slots_.find(name);
  if (found == slots_.end()) return std::nullopt;
  return targets_[found->second].view.handle;
}

std::string TargetDirectory::TargetName(TargetHandle handle) const {
  return Has(handle) ? targets_[handle.slot()].view.name : "";
}

bool TargetDirectory::Has(TargetHandle handle) const {
  if (handle.slot() >= targets_.size()) return false;
  const TargetView& view = targets_[handle.slot()].view;
  return view.handle == handle && view.state != TargetState::kRemoved;
}

const TargetDirectory::ServiceIdentity& TargetDirectory::Service(ServiceSlot slot) const {
  return services_.at(Index(slot)).identity;
}

const TargetDirectory::ServiceIdentity* TargetDirectory::FindService(ServiceSlot slot) const {
  if (Index(slot) >= services_.size() || !services_[Index(slot)].exists()) return nullptr;
  return &services_[Index(slot)].identity;
}

bool TargetDirectory::Serves(TargetHandle target, ServiceSlot service) const {
  return services_[Index(service)].balancing.members().contains(target.slot());
}

std::vector<const TargetDirectory::ServiceIdentity*> TargetDirectory::ServicesOf(
    const IpAddress& vip, Protocol protocol) const {
  std::vector<const ServiceIdentity*> services;
  for (const ServiceRecord& service : services_)
    if (service.exists() && service.identity.vip.Contains(vip) &&
        service.identity.protocol == protocol)
      services.push_back(&service.identity);
  return services;
}

const TargetDirectory::ServiceIdentity* TargetDirectory::ServiceAt(const IpAddress& vip,
                                                                   Protocol protocol,
                                                                   std::uint16_t port) const {
  const Destination found = service_map_.Classify(
      FlowKey{.client = vip, .vip = vip, .vip_port = port, .protocol = protocol});
  return found.exists() ? FindService(found.service()) : nullptr;
}

std::vector<const TargetDirectory::ServiceIdentity*> TargetDirectory::ServedBy(
    TargetHandle target, const IpAddress& vip, Protocol protocol) const {
  auto services = ServicesOf(vip, protocol);
  std::erase_if(services,
                [&](const ServiceIdentity* service) { return !Serves(target, service->slot); });
  return services;
}

}  // namespace holdfast
