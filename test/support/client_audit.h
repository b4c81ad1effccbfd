// What the table of clients counts, compared with the connections that the workers remember: each
// that counts for its client is one of exactly one pair, and no pair counts any other.
#pragma once

#include <map>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "tables/client_table.h"
#include "tables/connection_table.h"

namespace holdfast {

// A line for each pair of client and target that differs. Nobody may write meanwhile.
inline std::vector<std::string> DifferencesOf(const ClientTable& clients,
                                              std::span<const ConnectionTable* const> tables) {
  using Pair = std::tuple<std::size_t, std::uint64_t, std::uint32_t>;
  std::map<Pair, std::int64_t> counted;
  std::uint64_t active = 0;
  clients.ForEach([&](std::size_t bucket, std::uint64_t client, const ClientPair& pair) {
    counted[{bucket, client, pair.target.raw()}] += pair.connections;
    active += pair.connections != 0 ? 1 : 0;
  });
  for (const ConnectionTable* table : tables)
    table->ForEach([&](const ConnectionRecord& record, TargetHandle target) {
      if (!record.counts_for_client || record.IsCopy()) return;
      const FlowHash hash = clients.HashOf(record.service, record.key.client);
      --counted[{clients.BucketOf(hash), hash.fingerprint, target.raw()}];
    });
  std::vector<std::string> differences;
  for (const auto& [pair, more] : counted)
    if (more != 0)
      differences.push_back("bucket " + std::to_string(std::get<0>(pair)) + ", target slot " +
                            std::to_string(TargetHandle::FromRaw(std::get<2>(pair)).slot()) +
                            ": counts " + std::to_string(more) + " too many");
  if (active != clients.active())
    differences.push_back("active: " + std::to_string(clients.active()) + " are counted, " +
                          std::to_string(active) + " are there");
  return differences;
}

}  // namespace holdfast
