#include "telemetry/neighbour_families.h"

#include "tables/neighbourhood.h"
#include "telemetry/by_name.h"

namespace holdfast {

std::vector<Family> NeighbourFamilies(const NeighbourCounters& counters) {
  return {
      ByName({"holdfast_neighbours",
              "Next hops: targets, and the routers before others. failed: it does not answer; "
              "packets still go to the MAC that it had, if it had one.",
              MetricKind::kGauge,
              {}},
             "state", kNeighbourStateNames, counters.states),
      ByName({"holdfast_neighbour_claims_ignored_total",
              "What was said of a neighbour and not believed. own_address: another host says that "
              "it has one of our addresses. static: another MAC than the configured one. "
              "no_override: another MAC, by an advertisement that leaves the known one standing.",
              MetricKind::kCounter,
              {}},
             "reason", kUnbelievedClaimNames, counters.unbelieved),
      {"holdfast_neighbour_questions_total",
       "ARP requests and neighbour solicitations that were sent.",
       MetricKind::kCounter,
       {{{}, static_cast<double>(counters.questions.Read())}}},
      {"holdfast_announcements_total",
       "Gratuitous ARP requests and unsolicited neighbour advertisements that were sent, for VIPs "
       "and own addresses.",
       MetricKind::kCounter,
       {{{}, static_cast<double>(counters.announcements.Read())}}},
  };
}

}  // namespace holdfast
