#include "telemetry/table_families.h"

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"

namespace holdfast {
namespace {

struct TableMetric {
  std::uint64_t (*value)(const ConnectionTable& table);
  std::string_view name;
  std::string_view help;
};
constexpr TableMetric kTableMetrics[] = {
    {[](const ConnectionTable& table) { return table.size(); }, "holdfast_connections",
     "Connections that the worker remembers, without copies."},
    {[](const ConnectionTable& table) { return std::uint64_t{table.capacity()}; },
     "holdfast_connections_capacity",
     "Connections that the worker has room for (connections.per_worker)."},
    {[](const ConnectionTable& table) { return table.copies(); }, "holdfast_connection_copies",
     "Connections of other workers that this worker keeps a copy of, because their packets "
     "arrive here, too."},
    {[](const ConnectionTable& table) { return std::uint64_t{table.memory_bytes()}; },
     "holdfast_connection_table_bytes", "Memory of the worker's connection table."},
};

}  // namespace

std::vector<Family> TableFamilies(std::span<const ConnectionTable* const> tables) {
  std::vector<Family> families;
  for (const TableMetric& metric : kTableMetrics) {
    Family& family = families.emplace_back(
        Family{std::string(metric.name), std::string(metric.help), MetricKind::kGauge, {}});
    for (std::size_t worker = 0; worker < tables.size(); ++worker)
      family.samples.push_back(
          {{{"worker", absl::StrCat(worker)}}, static_cast<double>(metric.value(*tables[worker]))});
  }
  return families;
}

}  // namespace holdfast
