#include "tables/snapshot.h"

#include <algorithm>
#include <utility>

namespace holdfast {

Snapshot::Snapshot(Parts parts) : parts_(std::move(parts)) {
  std::vector<WordMap::Entry> endpoints;
  std::vector<WordMap::Entry> vips;
  for (std::size_t slot = 0; slot < parts_.services.size(); ++slot) {
    const ServiceView& service = parts_.services[slot];
    if (service.name.empty()) continue;
    any_leaves_ring_ |= service.balancing.LeavesRing();
    const std::uint32_t value =
        Destination(ServiceSlot(slot), service.forwarding, service.vip.IsV4()).word();
    for (const std::uint16_t port : service.ports) {
      const FlowKey endpoint{
          .client = {}, .vip = service.vip, .vip_port = port, .protocol = service.protocol};
      if (!service.vip.IsV4()) {
        ipv6_endpoints_.emplace(endpoint, Destination::FromWord(value));
        ipv6_vips_.insert(service.vip);
        continue;
      }
      const auto flow = Ipv4Tuple::Of(endpoint);
      endpoints.push_back({flow.endpoint(), value});
      vips.push_back({flow.vip, 0});
    }
  }
  endpoints_ = WordMap(endpoints);
  vips_ = WordMap(vips);
  if (vips.empty()) return;
  const auto in_host_order = [](const WordMap::Entry& vip) {
    return __builtin_bswap32(static_cast<std::uint32_t>(vip.word));
  };
  const auto [lowest, highest] = std::ranges::minmax(vips, {}, in_host_order);
  lowest_vip_ = in_host_order(lowest);
  highest_vip_ = in_host_order(highest);
}

Destination Snapshot::Classify(const FlowKey& flow) const {
  if (flow.vip.IsV4()) return Classify(Ipv4Tuple::Of(flow));
  const auto found = ipv6_endpoints_.find(
      {.client = {}, .vip = flow.vip, .vip_port = flow.vip_port, .protocol = flow.protocol});
  return found == ipv6_endpoints_.end() ? Destination() : found->second;
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
