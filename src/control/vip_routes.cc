#include "control/vip_routes.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

namespace holdfast {
namespace {

std::set<Vip> UsableVips(const Snapshot& snapshot) {
  std::set<Vip> usable;
  for (const ServiceView& service : snapshot.services())
    if (!service.name.empty() && !service.ring.empty()) usable.insert(service.vip);
  return usable;
}

std::vector<Vip> InFirstOnly(const std::set<Vip>& first, const std::set<Vip>& second) {
  std::vector<Vip> only;
  std::set_difference(first.begin(), first.end(), second.begin(), second.end(),
                      std::back_inserter(only));
  return only;
}

}  // namespace

void VipRoutes::Follow(const Snapshot& snapshot) {
  wanted_ = UsableVips(snapshot);
  Reconcile();
}

void VipRoutes::Withdraw() {
  wanted_.clear();
  Reconcile();
}

void VipRoutes::Reconcile() {
  bool all_done = true;
  for (const Vip& vip : InFirstOnly(standing_, wanted_)) {
    const bool done = Change("withdrawn: no usable target", table_.remove, vip);
    if (done) standing_.erase(vip);
    all_done &= done;
  }
  for (const Vip& vip : InFirstOnly(wanted_, standing_)) {
    const bool done = Change("announced", table_.add, vip);
    if (done) standing_.insert(vip);
    all_done &= done;
  }
  failing_ = !all_done;
}

bool VipRoutes::Change(const char* what, const std::function<absl::Status(const Vip&)>& change,
                       const Vip& vip) {
  const absl::Status status = change(vip);
  if (status.ok())
    spdlog::info("VIP {}: route {}", vip.ToString(), what);
  else if (!failing_)
    spdlog::error("VIP {}: {}; tried again every second", vip.ToString(),
                  std::string(status.message()));
  return status.ok();
}

}  // namespace holdfast
