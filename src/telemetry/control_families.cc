#include "telemetry/control_families.h"

#include <string>
#include <string_view>

#include "affinity/request.h"
#include "telemetry/by_name.h"
#include "telemetry/service_target_family.h"

namespace holdfast {
namespace {

// The states that a target can be seen in: a removed one has no name any more.
struct SeenState {
  TargetState state;
  std::string_view name;
};
constexpr SeenState kSeenStates[] = {{TargetState::kUp, "up"},
                                     {TargetState::kDraining, "draining"}};

void SetName(std::vector<std::string>& names, std::size_t slot, const std::string& name) {
  if (slot >= names.size()) names.resize(slot + 1);
  names[slot] = name;
}

Family TargetStates(const TargetDirectory& directory) {
  Family family{"holdfast_target_state",
                "1 for the state that the target is in, 0 for the other. draining: it keeps its "
                "connections, and gets new ones only of clients that it has an affinity for.",
                MetricKind::kGauge,
                {}};
  for (const auto& target : directory.Targets())
    for (const auto& [state, name] : kSeenStates)
      family.samples.push_back({{{"target", target.name}, {"state", std::string(name)}},
                                target.state == state ? 1.0 : 0.0});
  return family;
}

Family AffinityCounts(const TargetDirectory& directory, const AffinityManager& affinities) {
  return ByServiceAndTarget(
      {"holdfast_affinities",
       "Affinities that stand now, by service and the target that owns them. One that "
       "names several ports counts once for each.",
       MetricKind::kGauge,
       {}},
      directory, [&](const auto& service, const auto& target) {
        return affinities.CountOf(service.slot, *directory.FindTarget(target.name));
      });
}

Family AffinityRequests(const ControlCounters& counters) {
  return ByName({"holdfast_affinity_requests_total",
                 "StartAffinity and EndAffinity calls, by outcome. Malformed ones, which are "
                 "refused before they are judged, are not among them.",
                 MetricKind::kCounter,
                 {}},
                "outcome", kAffinityOutcomeNames, counters.affinity_requests);
}

Family AffinitiesOrphaned(const ControlCounters& counters) {
  return ByName({"holdfast_affinities_orphaned_total",
                 "Affinities that ended because something took away what they stood on. "
                 "vip_removed: the service, or its VIP. not_a_target: the port, or the "
                 "owner's place in the service. target_removed: the owner. target_down: the owner "
                 "is down. drained: it drains, and on_drain or drain_deadline says that they end.",
                 MetricKind::kCounter,
                 {}},
                "reason", kOrphanReasonNames, counters.affinities_orphaned);
}

}  // namespace

SlotNames SlotNamesOf(const TargetDirectory& directory) {
  SlotNames names;
  for (const auto& service : directory.Services())
    SetName(names.services, Index(service.slot), service.name);
  for (const auto& target : directory.Targets())
    SetName(names.targets, target.handle.slot(), target.name);
  return names;
}

std::vector<Family> TargetFamilies(const TargetDirectory& directory,
                                   const AffinityManager& affinities) {
  return {TargetStates(directory), AffinityCounts(directory, affinities)};
}

std::vector<Family> ControlFamilies(const ControlCounters& counters,
                                    std::uint64_t affinities_capacity) {
  return {AffinityRequests(counters),
          AffinitiesOrphaned(counters),
          {"holdfast_affinities_expired_total",
           "Affinities that ended because their time ran out.",
           MetricKind::kCounter,
           {{{}, static_cast<double>(counters.affinities_expired.Read())}}},
          {"holdfast_affinities_capacity",
           "Affinities that there is room for (affinities.capacity). When they are used up, "
           "starts are answered TABLE_FULL.",
           MetricKind::kGauge,
           {{{}, static_cast<double>(affinities_capacity)}}},
          {"holdfast_snapshots_published_total",
           "Changes of services and targets that were given to the workers.",
           MetricKind::kCounter,
           {{{}, static_cast<double>(counters.snapshots_published.Read())}}},
          {"holdfast_retired_pending",
           "Structures that were replaced and wait until no worker can hold them any more. "
           "Growing without end: a worker hangs.",
           MetricKind::kGauge,
           {{{}, static_cast<double>(counters.retired_pending.Read())}}}};
}

}  // namespace holdfast
