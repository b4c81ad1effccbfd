// WorkerFamilies: what the workers count, under the names that operators see.
//
// Names, labels and label values are an API: dashboards and alarms stand on them.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "stats/samples.h"
#include "stats/worker_counters.h"

namespace holdfast {

// What the slots stand for, by slot. "": nothing is there; it is not exported.
struct SlotNames {
  std::vector<std::string> services;  // at most kMaxServices
  std::vector<std::string> targets;   // at most kMaxTargets
};

// One family for each name, also when nothing was counted, and in it a sample for
// every worker, named service or target, and value of the label. The first label
// is `worker`, the worker's place in `workers`. Any thread.
std::vector<Family> WorkerFamilies(std::span<const WorkerCounters* const> workers,
                                   const SlotNames& names);

}  // namespace holdfast
