// What is counted of neighbours, as families of samples. Any thread.
#pragma once

#include <vector>

#include "stats/neighbour_counters.h"
#include "stats/samples.h"

namespace holdfast {

std::vector<Family> NeighbourFamilies(const NeighbourCounters& counters);

}  // namespace holdfast
