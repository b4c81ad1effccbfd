#include "control/health_checks.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "base/own_address.h"

namespace holdfast {
namespace {

constexpr std::uint32_t kPlaces = 1000;

// Whatever its id is.
bool SameOrder(const ProbeOrder& a, const ProbeOrder& b) {
  return a.check == b.check && a.aim == b.aim && a.vip == b.vip && a.from == b.from &&
         a.interface == b.interface && a.target == b.target;
}

// Where a check is sent to if the target is reached by nat.
std::optional<ProbeOrder::Target> NatTargetOf(const config::Service& service,
                                              const config::Target& target) {
  if (target.forwarding.value_or(service.forwarding) != ForwardingMode::kNat) return std::nullopt;
  const std::uint16_t port = service.health->port;
  const bool is_first = port == service.ports.ranges().front().first;
  return ProbeOrder::Target{target.address,
                            is_first && service.target_port != 0 ? service.target_port : port};
}

IpAddress OwnAddressOf(const config::Port& port, const config::Target& target, const Vip& vip) {
  std::vector<IpPrefix> own;
  for (const IpPrefix& prefix : port.addresses)
    if (prefix.address.IsV4() == vip.IsV4()) own.push_back(prefix);
  return OwnAddressFor(own, target.NextHop());
}

std::map<std::string, ServiceSlot> SlotsOf(const TargetDirectory& directory) {
  std::map<std::string, ServiceSlot> slots;
  for (const auto& service : directory.Services()) slots.emplace(service.name, service.slot);
  return slots;
}

}  // namespace

bool HealthChecks::Follow(const config::BalancerConfig& config) {
  std::map<Name, Pair> pairs;
  const auto slots = SlotsOf(directory_);
  for (const config::Service& service : config.services) {
    if (!service.health) continue;
    for (std::size_t i = 0; i < service.targets.size(); ++i) {
      const config::Target& target = config.targets[service.targets[i].target];
      const config::Port& port = config.ports[target.port];
      const auto handle = directory_.FindTarget(target.name);
      const auto slot = slots.find(service.name);
      if (!handle || slot == slots.end() || !port.kernel) continue;
      Pair pair;
      pair.order = {.id = 0,
                    .check = *service.health,
                    .aim = {*handle, slot->second},
                    .vip = service.vip.address(),
                    .from = OwnAddressOf(port, target, service.vip),
                    .interface = port.kernel->interface,
                    .target = NatTargetOf(service, target)};
      pair.place = static_cast<std::uint32_t>(i * kPlaces / service.targets.size());
      Put({service.name, target.name}, std::move(pair), pairs);
    }
  }
  bool changed = false;
  for (const auto& [name, pair] : pairs_) {
    names_.erase(pair.order.id);
    due_.erase({pair.due, pair.order.id});
    if (pair.up) continue;
    // It may have left the service, or be gone: then there is nothing to take back.
    const auto undone = directory_.SetHealth(name.first, name.second, Health::kUp);
    changed |= undone.ok() && *undone;
  }
  pairs_ = std::move(pairs);
  return changed;
}

// Takes what is known of the pair out of pairs_, where it stays if it is another one now.
void HealthChecks::Put(const Name& name, Pair next, std::map<Name, Pair>& pairs) {
  const auto known = pairs_.find(name);
  if (known != pairs_.end() && SameOrder(known->second.order, next.order)) {
    pairs.insert(pairs_.extract(known));
    return;
  }
  if (known != pairs_.end()) {
    next.results = known->second.results;
    if (known->second.order.aim == next.order.aim) {
      next.up = known->second.up;
      next.last_failure = known->second.last_failure;
      known->second.up = true;  // nothing to take back: it goes on
    }
  }
  next.order.id = ++last_id_;
  names_.emplace(next.order.id, name);
  Schedule(next, clock_.Now() + next.order.check.interval * next.place / kPlaces);
  pairs.emplace(name, std::move(next));
}

void HealthChecks::Schedule(Pair& pair, absl::Duration due) {
  pair.due = due;
  due_.emplace(due, pair.order.id);
}

void HealthChecks::Tick() {
  const absl::Duration now = clock_.Now();
  while (!due_.empty() && due_.begin()->first <= now) {
    Pair& pair = pairs_.at(names_.at(due_.begin()->second));
    due_.erase(due_.begin());
    pair.running = true;
    // A tick that came late makes no check up for; but the spread stays.
    pair.due += pair.order.check.interval;
    if (pair.due <= now) pair.due = now + pair.order.check.interval;
    parts_.start(pair.order);
  }
}

void HealthChecks::Take(const ProbeResult& result) {
  const auto named = names_.find(result.id);
  if (named == names_.end()) return;
  const Name name = named->second;
  Pair& pair = pairs_.at(name);
  if (!std::exchange(pair.running, false)) return;
  Schedule(pair, pair.due);
  Judge(name, pair, result);
}

void HealthChecks::Judge(const Name& name, Pair& pair, const ProbeResult& result) {
  const bool ok = result.outcome == ProbeOutcome::kOk;
  ++pair.results[static_cast<std::size_t>(result.outcome)];
  pair.checked = true;
  pair.last_failure = result.reason;
  pair.row = ok == pair.up ? 0 : pair.row + 1;
  const config::HealthCheck& check = pair.order.check;
  if (pair.row < (pair.up ? check.fall : check.rise)) return;
  pair.row = 0;
  pair.up = ok;
  if (ok)
    spdlog::info("target '{}' is up for service '{}': {} health checks in a row succeeded",
                 name.second, name.first, check.rise);
  else
    spdlog::warn(
        "target '{}' is down for service '{}': {} health checks in a row failed, the "
        "last one with: {}",
        name.second, name.first, check.fall, result.reason);
  parts_.found(name.first, name.second, ok ? Health::kUp : Health::kDown);
}

const HealthChecks::Pair* HealthChecks::Find(const std::string& service,
                                             const std::string& target) const {
  const auto found = pairs_.find({service, target});
  return found == pairs_.end() ? nullptr : &found->second;
}

}  // namespace holdfast
