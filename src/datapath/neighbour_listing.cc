// NeighbourResolver's part for operators.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "datapath/neighbour_resolver.h"

namespace holdfast {

// The last question may still be answered: only one before it was in vain.
NeighbourState NeighbourResolver::Neighbour::state() const {
  if (is_static) return NeighbourState::kStatic;
  if (unanswered > kPatience) return NeighbourState::kFailed;
  if (!mac) return NeighbourState::kIncomplete;
  return unanswered > 1 ? NeighbourState::kStale : NeighbourState::kReachable;
}

std::vector<NeighbourView> NeighbourResolver::Neighbours() const {
  std::vector<NeighbourView> views;
  for (const auto& [place, neighbour] : neighbours_) {
    NeighbourView& view = views.emplace_back();
    view = {.address = place.second,
            .port = place.first,
            .state = neighbour.state(),
            .mac = neighbour.mac,
            .age = clock_.Now() - neighbour.since,
            .targets = {}};
    for (const std::size_t slot : neighbour.slots)
      view.targets.push_back(followed_.at(slot).handle);
  }
  std::sort(views.begin(), views.end(), [](const NeighbourView& a, const NeighbourView& b) {
    return std::pair(a.port, a.address) < std::pair(b.port, b.address);
  });
  return views;
}

absl::Status NeighbourResolver::Flush(const IpAddress& address) {
  bool is_there = false;
  for (auto& [place, neighbour] : neighbours_) {
    if (place.second != address) continue;
    is_there = true;
    if (neighbour.is_static)
      return absl::FailedPreconditionError(
          absl::StrCat("the MAC of neighbour ", address.ToString(), " is configured: change it in ",
                       "the configuration (targets.mac, neighbours)"));
    neighbour.mac.reset();
    neighbour.unanswered = 0;
    neighbour.since = neighbour.due = clock_.Now();
    for (const std::size_t slot : neighbour.slots) table_.Clear(slot);
  }
  if (is_there) return absl::OkStatus();
  return absl::NotFoundError(absl::StrCat("no neighbour has the address ", address.ToString()));
}

}  // namespace holdfast
