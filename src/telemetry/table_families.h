// How full tables are, as families of samples.
#pragma once

#include <span>
#include <vector>

#include "stats/samples.h"
#include "stats/worker_families.h"
#include "tables/client_table.h"
#include "tables/connection_table.h"

namespace holdfast {

// `tables` by worker, which is their label. `names`: of targets. Any thread.
std::vector<Family> TableFamilies(std::span<const ConnectionTable* const> tables,
                                  const SlotNames& names);

// How full the table of clients with automatic affinity is. Any thread.
std::vector<Family> ClientFamilies(const ClientTable& clients);

}  // namespace holdfast
