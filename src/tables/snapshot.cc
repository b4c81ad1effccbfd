#include "tables/snapshot.h"

#include <utility>

namespace holdfast {

Snapshot::Snapshot(Parts parts) : parts_(std::move(parts)) {
  for (std::size_t slot = 0; slot < parts_.services.size(); ++slot) {
    const ServiceView& service = parts_.services[slot];
    if (service.name.empty()) continue;
    vips_.insert(service.vip);
    for (const std::uint16_t port : service.ports)
      endpoints_.emplace(Endpoint{service.vip, service.protocol, port}, ServiceSlot(slot));
  }
}

ServiceSlot Snapshot::Classify(const IpAddress& vip, Protocol protocol, std::uint16_t port) const {
  const auto found = endpoints_.find(Endpoint{vip, protocol, port});
  return found == endpoints_.end() ? kNoService : found->second;
}

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
