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

Family ConnectionsByTarget(std::span<const ConnectionTable* const> tables, const SlotNames& names) {
  Family family{"holdfast_target_connections",
                "Connections that the worker remembers, without copies, by target: from the first "
                "packet until they have been idle for their timeout, after their end, too.",
                MetricKind::kGauge,
                {}};
  for (std::size_t worker = 0; worker < tables.size(); ++worker)
    for (std::size_t slot = 0; slot < names.targets.size(); ++slot)
      if (!names.targets[slot].empty())
        family.samples.push_back(
            {{{"worker", absl::StrCat(worker)}, {"target", names.targets[slot]}},
             static_cast<double>(tables[worker]->ConnectionsOf(slot))});
  return family;
}

}  // namespace

std::vector<Family> TableFamilies(std::span<const ConnectionTable* const> tables,
                                  const SlotNames& names) {
  std::vector<Family> families;
  for (const TableMetric& metric : kTableMetrics) {
    Family& family = families.emplace_back(
        Family{std::string(metric.name), std::string(metric.help), MetricKind::kGauge, {}});
    for (std::size_t worker = 0; worker < tables.size(); ++worker)
      family.samples.push_back(
          {{{"worker", absl::StrCat(worker)}}, static_cast<double>(metric.value(*tables[worker]))});
  }
  families.push_back(ConnectionsByTarget(tables, names));
  return families;
}

std::vector<Family> ClientFamilies(const ClientTable& clients) {
  std::vector<Family> families;
  const auto add = [&](std::string name, std::string help, std::uint64_t value) {
    families.push_back(
        {std::move(name), std::move(help), MetricKind::kGauge, {{{}, static_cast<double>(value)}}});
  };
  add("holdfast_automatic_clients",
      "Clients with automatic affinity: those that have a connection. One counts for each service, "
      "and for each target that it has connections to.",
      clients.active());
  add("holdfast_automatic_clients_kept",
      "The same, with those that linger after their last connection.", clients.size());
  add("holdfast_automatic_clients_capacity",
      "Clients that there is room for (affinities.clients); above it some are balanced "
      "(holdfast_automatic_full_total).",
      clients.capacity());
  add("holdfast_automatic_clients_bytes", "Memory of the table of clients.",
      clients.memory_bytes());
  return families;
}

}  // namespace holdfast
