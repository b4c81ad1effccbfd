#include "tables/snapshot.h"

#include <algorithm>
#include <utility>

namespace holdfast {
namespace {

Destination DestinationOf(std::size_t slot, const ServiceView& service) {
  return {ServiceSlot(slot), service.forwarding, service.vip.IsV4()};
}

std::vector<ServiceMap::Place> PlacesOf(const std::vector<ServiceView>& services) {
  std::vector<ServiceMap::Place> places;
  for (std::size_t slot = 0; slot < services.size(); ++slot)
    if (const ServiceView& service = services[slot]; !service.name.empty())
      places.push_back(
          {service.vip, service.protocol, service.ports, DestinationOf(slot, service)});
  return places;
}

std::vector<EchoMap::Place> EchoPlacesOf(const std::vector<ServiceView>& services) {
  std::vector<EchoMap::Place> places;
  for (std::size_t slot = 0; slot < services.size(); ++slot)
    if (const ServiceView& service = services[slot]; !service.name.empty())
      places.push_back({service.vip, service.takes_echo, DestinationOf(slot, service)});
  return places;
}

std::uint32_t LongestLinger(const std::vector<ServiceView>& services) {
  std::uint32_t longest = 0;
  for (const ServiceView& service : services)
    if (service.automatic.on) longest = std::max(longest, service.automatic.linger);
  return longest;
}

ServiceTimeouts TimeoutsOf(const Snapshot::Parts& parts) {
  std::vector<ConnectionTimeouts> own;
  for (const ServiceView& service : parts.services)
    own.push_back(service.timeouts.value_or(parts.timeouts));
  return {parts.timeouts, std::move(own)};
}

}  // namespace

Snapshot::Snapshot(Parts parts)
    : parts_(std::move(parts)),
      service_map_(PlacesOf(parts_.services)),
      echo_map_(EchoPlacesOf(parts_.services)),
      timeouts_(TimeoutsOf(parts_)),
      limits_half_open_(std::ranges::any_of(
          parts_.services, [](const ServiceView& service) { return service.max_half_open != 0; })),
      any_leaves_ring_(std::ranges::any_of(
          parts_.services,
          [](const ServiceView& service) { return service.balancing.LeavesRing(); })),
      any_automatic_(std::ranges::any_of(
          parts_.services, [](const ServiceView& service) { return service.automatic.on; })),
      longest_linger_(LongestLinger(parts_.services)) {}

const TargetView* Snapshot::Find(TargetHandle handle) const {
  if (handle.slot() >= parts_.targets.size()) return nullptr;
  const TargetView& target = parts_.targets[handle.slot()];
  const bool lives = target.state == TargetState::kUp || target.state == TargetState::kDraining;
  return lives && target.handle == handle ? &target : nullptr;
}

SnapshotPublisher::SnapshotPublisher(RcuDomain& rcu, std::unique_ptr<const Snapshot> first)
    : rcu_(rcu), current_(first.release()) {}

SnapshotPublisher::~SnapshotPublisher() { delete current_.load(std::memory_order_relaxed); }

void SnapshotPublisher::Publish(std::unique_ptr<const Snapshot> next) {
  // Sequentially consistent: the answer that follows must not overtake it.
  const Snapshot* old = current_.exchange(next.release(), std::memory_order_seq_cst);
  rcu_.Retire([old] { delete old; });
}

}  // namespace holdfast
