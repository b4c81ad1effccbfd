// How services are balanced: shares, states and reports of their targets, as families.
#pragma once

#include <vector>

#include "control/target_directory.h"
#include "stats/samples.h"

namespace holdfast {

// On the management loop.
std::vector<Family> BalancingFamilies(const TargetDirectory& directory);

}  // namespace holdfast
