// What the management core knows and counts, as families of samples.
#pragma once

#include <cstdint>
#include <vector>

#include "control/affinity_manager.h"
#include "control/target_directory.h"
#include "stats/control_counters.h"
#include "stats/samples.h"
#include "stats/worker_families.h"

namespace holdfast {

// ---- on the management loop
SlotNames SlotNamesOf(const TargetDirectory& directory);
// States of targets, and affinities of every service and each of its targets.
std::vector<Family> TargetFamilies(const TargetDirectory& directory,
                                   const AffinityManager& affinities);

// ---- any thread
// `affinities_capacity` in cells.
std::vector<Family> ControlFamilies(const ControlCounters& counters,
                                    std::uint64_t affinities_capacity);

}  // namespace holdfast
