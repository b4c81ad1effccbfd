#include "bench/tables.h"

namespace holdfast::bench {

ConnectionTable NewConnectionTable(std::size_t capacity, const HashKey& key) {
  auto table = ConnectionTable::Create(WorkerId{0}, capacity, {}, key, MemoryKind::kHugePages);
  if (!table.ok()) Fail(table.status().ToString());
  return *std::move(table);
}

std::vector<FlowHash> HashesOf(const HashKey& key, const std::vector<FlowKey>& flows) {
  std::vector<FlowHash> hashes(flows.size());
  HashFlows(key, flows, hashes);
  return hashes;
}

}  // namespace holdfast::bench
