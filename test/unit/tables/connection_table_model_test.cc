// ConnectionTable beside DPDK's rte_hash: random changes to both, and the same
// answers from both.
#include <array>
#include <catch2/catch.hpp>
#include <random>
#include <span>
#include <vector>

#include "support/rte_hash_table.h"
#include "support/test_eal.h"
#include "tables/connection_table.h"
#include "tables/flows.h"

namespace holdfast {
namespace {

using testing::Flow;
using testing::HashOf;

constexpr CoarseTick kNow;

class Pair {
 public:
  // Filled to its last key, and changed on, rte_hash runs out of extendable buckets;
  // what it was made for must be more.
  explicit Pair(std::size_t capacity)
      : table_(ConnectionTable::Create(WorkerId{0}, capacity, {}, testing::kFixedKey,
                                       MemoryKind::kNormal)
                   .value()),
        oracle_(2 * capacity, sizeof(std::uint32_t)) {}

  // Proven entries: none makes room for another.
  void Insert(std::uint32_t flow, TargetHandle target) {
    const ConnectionRecord record{Flow(flow), ServiceSlot{0}};
    if (const auto entry = table_.Find(HashOf(flow), kNow)) {
      table_.Restart(*entry, record, target, ConnectionPhase::kEstablished, kNow);
    } else {
      REQUIRE(table_.Insert(HashOf(flow), record, target, ConnectionPhase::kEstablished, kNow) ==
              ConnectionTable::InsertOutcome::kInserted);
    }
    REQUIRE(oracle_.Insert(&flow, target.raw()));
  }
  void Erase(std::uint32_t flow) {
    const auto entry = table_.Find(HashOf(flow), kNow);
    if (entry) table_.Erase(*entry);
    REQUIRE(entry.has_value() == oracle_.Erase(&flow));
  }
  [[nodiscard]] bool Agree(std::span<const std::uint32_t> flows) const {
    std::vector<FlowHash> hashes;
    for (const std::uint32_t flow : flows) hashes.push_back(HashOf(flow));
    ConnectionTable::Found found;
    table_.FindBurst(hashes, kNow, found);
    for (std::size_t i = 0; i < flows.size(); ++i) {
      const auto target = oracle_.Find(&flows[i]);
      if (target.has_value() != ((found.all >> i & 1) != 0)) return false;
      if (!target) continue;
      if (found.target(i).raw() != *target) return false;
      if (table_.Record(table_.Find(hashes[i], kNow)->slot).key != Flow(flows[i])) return false;
    }
    return true;
  }
  [[nodiscard]] std::uint64_t size() const { return table_.size(); }

 private:
  ConnectionTable table_;
  RteHashTable oracle_;
};

TEST_CASE("P1: random changes give what rte_hash gives", "[tables]") {
  StartTestEal();
  const std::size_t capacity = GENERATE(64, 8192);
  constexpr std::uint32_t kSeed = 2026;
  CAPTURE(capacity, kSeed);
  Pair pair(capacity);
  std::mt19937 random(kSeed);
  // Not flow 0: a key of zeros has a CRC of zero, both its buckets are the same one,
  // and rte_hash then finds it after it was deleted.
  const auto any_flow = [&] {
    return static_cast<std::uint32_t>(random() % (capacity * 5 / 4)) + 1;
  };
  for (int step = 0; step < 200'000; ++step) {
    if (random() % 8 == 0 || pair.size() == capacity) {
      pair.Erase(any_flow());
    } else {
      pair.Insert(any_flow(), TargetHandle(random(), static_cast<unsigned>(random())));
    }
    if (step % 16 != 0) continue;
    std::array<std::uint32_t, 64> flows;
    for (std::uint32_t& flow : flows) flow = any_flow();
    if (!pair.Agree(flows)) FAIL("step " << step << ": another answer than that of rte_hash");
  }
  CHECK(pair.size() > capacity * 9 / 10);
}

}  // namespace
}  // namespace holdfast
