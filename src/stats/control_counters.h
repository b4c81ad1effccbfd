// What the management thread counts. Single writer: that thread.
#pragma once

#include <array>

#include "stats/counter.h"

namespace holdfast {

struct ControlCounters {
  // By AffinityOutcome (affinity/request.h), whose names are the labels.
  std::array<Counter, 11> affinity_requests;
  Counter affinities_expired;
  // By OrphanReason, whose names are the labels.
  std::array<Counter, 5> affinities_orphaned;
  Counter snapshots_published;
  Counter retired_pending;  // structures that wait for a grace period
};

}  // namespace holdfast
