// Health checks, as families.
#pragma once

#include <vector>

#include "control/health_checks.h"
#include "stats/samples.h"

namespace holdfast {

// On the management loop.
std::vector<Family> HealthFamilies(const HealthChecks& checks);

}  // namespace holdfast
