// What a connection table counts by target: exact, so that least_connections and drains may
// stand on it.
#include <array>
#include <catch2/catch.hpp>
#include <random>
#include <vector>

#include "tables/connection_table.h"
#include "tables/flows.h"

namespace holdfast {
namespace {

using testing::Flow;
using testing::HashOf;
using Phase = ConnectionPhase;

constexpr TargetHandle kBlue{1, 0};
constexpr TargetHandle kGreen{2, 0};
constexpr ConnectionTimeouts kTimeouts;

CoarseTick At(std::uint64_t seconds) { return CoarseTick::FromSeconds(seconds); }

struct Fixture {
  static ConnectionTable Table(std::uint16_t owner) {
    return ConnectionTable::Create(WorkerId{owner}, 1024, kTimeouts, testing::kFixedKey,
                                   MemoryKind::kNormal)
        .value();
  }
  void Insert(std::uint32_t flow, TargetHandle target, Phase phase) {
    table.Insert(HashOf(flow), {Flow(flow), ServiceSlot{3}}, target, phase, At(0));
  }
  void InsertCopy(std::uint32_t flow, TargetHandle target) {
    table.Insert(HashOf(flow), {Flow(flow), ServiceSlot{3}, 1}, target, Phase::kEstablished, At(0));
  }
  [[nodiscard]] ConnectionTable::Entry Find(std::uint32_t flow) const {
    return table.Find(HashOf(flow), At(0)).value();
  }
  [[nodiscard]] std::array<std::uint32_t, 2> Counts() const {
    return {table.ConnectionsOf(kBlue.slot()), table.ConnectionsOf(kGreen.slot())};
  }
  using Pair = std::array<std::uint32_t, 2>;

  ConnectionTable table = Table(0);
};

TEST_CASE_METHOD(Fixture, "T3: a connection counts for its target, whatever its phase",
                 "[tables]") {
  Insert(1, kBlue, Phase::kOpening);
  Insert(2, kGreen, Phase::kEstablished);
  Insert(3, kGreen, Phase::kClosed);
  CHECK(Counts() == Pair{1, 2});
  table.Erase(Find(1));
  CHECK(Counts() == Pair{0, 2});
  table.Restart(Find(3), {Flow(3), ServiceSlot{3}}, kBlue, Phase::kOpening, At(0));
  CHECK(Counts() == Pair{1, 1});
}

TEST_CASE_METHOD(Fixture, "P5: a copy counts for no target until it is the original", "[tables]") {
  ConnectionTable other = Table(1);
  InsertCopy(1, kBlue);
  InsertCopy(2, kGreen);
  InsertCopy(3, kGreen);
  CHECK(Counts() == Pair{0, 0});
  table.Erase(Find(2));
  CHECK(Counts() == Pair{0, 0});
  table.Restart(Find(3), {Flow(3), ServiceSlot{3}}, kGreen, Phase::kOpening, At(0));
  CHECK(Counts() == Pair{0, 1});
  const std::array<const ConnectionTable*, 2> tables{&table, &other};
  table.Sweep(table.bucket_count(), {.now = At(0), .all_tables = tables});
  CHECK(Counts() == Pair{1, 1});  // worker 1 does not have it
}

// What Insert() evicts, what Sweep() frees and what Restart() changes is counted out.
TEST_CASE_METHOD(Fixture, "counts are those of a walk, also where a full table makes room",
                 "[tables]") {
  constexpr std::uint32_t kTargets = 7;
  constexpr std::uint32_t kFlows = 20'000;
  std::mt19937 random(2026);
  const auto any_target = [&] { return TargetHandle(random() % kTargets, 0); };
  for (std::uint32_t flow = 0; flow < kFlows; ++flow) {
    const CoarseTick now = At(flow / 100);
    const auto phase = static_cast<Phase>(random() % kConnectionPhaseNames.size());
    table.Insert(HashOf(flow), {Flow(flow), ServiceSlot{3}}, any_target(), phase, now);
    if (const auto entry = table.Find(HashOf(static_cast<std::uint32_t>(random() % kFlows)), now))
      table.Restart(*entry, table.Record(entry->slot), any_target(), Phase::kOpening, now);
    if (flow % 50 == 0) table.Sweep(8, {.now = now});
  }
  std::array<std::uint32_t, kTargets> walked{};
  for (std::uint32_t flow = 0; flow < kFlows; ++flow)
    if (const auto entry = table.Find(HashOf(flow), At(200))) ++walked[entry->target.slot()];
  std::uint64_t all = 0;
  for (std::uint32_t slot = 0; slot < kTargets; ++slot) {
    CHECK(table.ConnectionsOf(slot) == walked[slot]);
    all += walked[slot];
  }
  CHECK(all == table.size());
  CHECK(all > 1000);
}

}  // namespace
}  // namespace holdfast
