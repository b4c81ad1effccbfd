// The memory of tables: a copy of it anywhere is the same table, and what is not what
// a process expects is refused (R).
#include "tables/table_header.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <string>
#include <vector>

#include "tables/affinity_table.h"
#include "tables/connection_table.h"
#include "tables/flows.h"

namespace holdfast {
namespace {

using testing::Flow;
using testing::HashOf;
using testing::kFixedKey;

constexpr std::size_t kCapacity = 4096;
constexpr CoarseTick kNow = CoarseTick::FromSeconds(100);
constexpr WorkerId kOwner{3};
constexpr ServiceSlot kWeb{5};

ConnectionTable Connections() {
  return ConnectionTable::Create(kOwner, kCapacity, {}, kFixedKey, MemoryKind::kNormal).value();
}
AffinityTable Affinities() {
  return AffinityTable::Create(kCapacity, kFixedKey, MemoryKind::kNormal).value();
}
TargetHandle TargetOf(std::uint32_t flow) { return {flow, flow}; }
AffinityCell CellOf(std::uint32_t flow) {
  return {.service = kWeb, .client = Flow(flow << 16).client};
}

// Every byte of it, at another address.
void Copy(const TableMemory& from, const TableMemory& to) {
  REQUIRE(from.data() != to.data());
  REQUIRE(from.size() == to.size());
  std::ranges::copy(from.bytes(), to.bytes().begin());
}

TEST_CASE("R: the same bytes elsewhere are the same connections", "[tables]") {
  auto left = Connections();
  for (std::uint32_t flow = 0; flow < kCapacity; ++flow)
    REQUIRE(left.Insert(HashOf(flow), {Flow(flow), kWeb}, TargetOf(flow),
                        static_cast<ConnectionPhase>(flow % 8),
                        kNow) == ConnectionTable::InsertOutcome::kInserted);
  const auto expected = ConnectionTable::HeadersFor(kOwner, kCapacity, kFixedKey);
  REQUIRE(CheckTable(left.hot_memory().bytes(), expected.hot).ok());
  REQUIRE(CheckTable(left.cold_memory().bytes(), expected.cold).ok());

  const auto taken = Connections();
  Copy(left.hot_memory(), taken.hot_memory());
  Copy(left.cold_memory(), taken.cold_memory());
  for (std::uint32_t flow = 0; flow < 2 * kCapacity; ++flow) {
    const auto entry = taken.Find(HashOf(flow), kNow);
    REQUIRE(entry.has_value() == (flow < kCapacity));
    if (!entry) continue;
    REQUIRE(entry->target == TargetOf(flow));
    REQUIRE(entry->phase == static_cast<ConnectionPhase>(flow % 8));
    REQUIRE(taken.Record(entry->slot).key == Flow(flow));
    REQUIRE(taken.Record(entry->slot).service == kWeb);
  }
}

TEST_CASE("R: the same bytes elsewhere are the same affinities", "[tables]") {
  auto left = Affinities();
  auto taken = Affinities();
  AffinityTable::Writer writer(left);
  for (std::uint32_t flow = 0; flow < kCapacity; ++flow)
    REQUIRE(writer.Insert(CellOf(flow), TargetOf(flow)));
  REQUIRE(CheckTable(left.memory().bytes(), AffinityTable::HeaderFor(kCapacity, kFixedKey)).ok());

  // The service's class, which the registry knows.
  AffinityTable::Writer(taken).Insert(CellOf(0), TargetOf(0));
  Copy(left.memory(), taken.memory());
  for (std::uint32_t flow = 0; flow < 2 * kCapacity; ++flow) {
    const auto owner =
        taken.Find(kWeb, CellOf(flow).client, 40000, 80, [](TargetHandle) { return true; });
    REQUIRE(owner.has_value() == (flow < kCapacity));
    if (owner) REQUIRE(owner->target == TargetOf(flow));
  }
}

TEST_CASE("R: memory that is another table's is refused, and says why", "[tables]") {
  const auto table = Connections();
  const TableHeader header = ConnectionTable::HeadersFor(kOwner, kCapacity, kFixedKey).hot;
  struct Row {
    TableHeader expected;
    std::string why;
  };
  const auto with = [&](auto TableHeader::*field, auto value) {
    TableHeader changed = header;
    changed.*field = value;
    return changed;
  };
  const std::vector<Row> rows = {
      {with(&TableHeader::magic, 1U),
       "magic number is " + std::to_string(header.magic) + ", must be 1"},
      {with(&TableHeader::layout_version, header.layout_version + 1),
       "layout version is 6, must be 7"},
      {ConnectionTable::HeadersFor(WorkerId{4}, kCapacity, kFixedKey).hot, "owner is 3, must be 4"},
      {with(&TableHeader::kind, 3U), "kind is 1, must be 3"},
      {with(&TableHeader::slots_per_bucket, 6U), "slots per bucket is 5, must be 6"},
      {ConnectionTable::HeadersFor(kOwner, kCapacity / 2, kFixedKey).hot,
       "number of buckets is 1024, must be 512"},
      {with(&TableHeader::bucket_bytes, 32U), "bytes per bucket is 64, must be 32"},
      {ConnectionTable::HeadersFor(kOwner, kCapacity, HashKey{{1, 2}}).hot,
       "check of the hash key is "},
  };
  for (const auto& [expected, why] : rows) {
    CAPTURE(why);
    const absl::Status status = CheckTable(table.hot_memory().bytes(), expected);
    CHECK(status.code() == absl::StatusCode::kFailedPrecondition);
    CHECK_THAT(std::string(status.message()), Catch::Contains(why));
    CHECK_THAT(std::string(status.message()), Catch::EndsWith(": begin with an empty table"));
  }
}

TEST_CASE("R: memory that is too small for the table is refused unread", "[tables]") {
  const auto table = Connections();
  const TableHeader header = ConnectionTable::HeadersFor(kOwner, kCapacity, kFixedKey).hot;
  const std::size_t needed = TableBytes(header);
  for (const std::size_t size : {std::size_t{0}, sizeof(TableHeader) - 1, needed - 1}) {
    // Of its own, so that a sanitizer sees a read beyond it.
    const std::vector<std::byte> memory(
        table.hot_memory().bytes().begin(),
        table.hot_memory().bytes().begin() + static_cast<std::ptrdiff_t>(size));
    const absl::Status status = CheckTable(memory, header);
    CHECK(status.message() == "table memory: size in bytes is " + std::to_string(size) +
                                  ", must be at least " + std::to_string(needed) +
                                  ": begin with an empty table");
  }
}

TEST_CASE("R: records that do not fit their buckets are refused", "[tables]") {
  const auto table = Connections();
  const auto expected = ConnectionTable::HeadersFor(kOwner, 2 * kCapacity, kFixedKey).cold;
  CHECK_FALSE(CheckTable(table.cold_memory().bytes(), expected).ok());
  const auto hot = ConnectionTable::HeadersFor(kOwner, kCapacity, kFixedKey).hot;
  CHECK_FALSE(CheckTable(table.cold_memory().bytes(), hot).ok());
}

}  // namespace
}  // namespace holdfast
