// How full the workers' connection tables are, as families of samples.
#pragma once

#include <span>
#include <vector>

#include "stats/samples.h"
#include "tables/connection_table.h"

namespace holdfast {

// `tables` by worker, which is their label. Any thread.
std::vector<Family> TableFamilies(std::span<const ConnectionTable* const> tables);

}  // namespace holdfast
