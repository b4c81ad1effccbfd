// Look-ups in bursts, by every instruction set that this processor has: the same
// answers as one by one.
#include "tables/burst_lookup.h"

#include <bit>
#include <catch2/catch.hpp>
#include <random>
#include <vector>

#include "tables/connection_table.h"
#include "tables/fingerprint_buckets.h"
#include "tables/flows.h"

namespace holdfast {
namespace {

using testing::Flow;
using testing::HashOf;

// Moves others where there is no room otherwise.
void Put(FingerprintBuckets& table, std::uint32_t key) {
  const FlowHash hash = HashOf(key);
  auto slot = table.EmptyCandidate(hash);
  if (!slot) slot = table.MakeRoom(hash, [](auto, auto) {});
  if (slot) table.Store(*slot, hash, key);
}

// As full as it can be, so that many entries are away from home; keys from 0 on.
FingerprintBuckets FullTable(std::size_t capacity) {
  auto table = FingerprintBuckets::Create({}, capacity, MemoryKind::kNormal).value();
  for (std::uint32_t key = 0; key < table.slot_count() * 2; ++key) Put(table, key);
  return table;
}

// Takes some entries out, and puts as many others in.
void Change(FingerprintBuckets& table, std::mt19937& random, std::uint32_t keys) {
  for (int i = 0; i < 8; ++i) {
    const auto key = static_cast<std::uint32_t>(random() % keys);
    if (const auto match = table.Find(HashOf(key))) {
      table.Clear(match->slot);
    } else {
      Put(table, key);
    }
  }
}

std::vector<FlowHash> RandomHashes(std::mt19937& random, std::size_t count, std::uint32_t keys) {
  std::vector<FlowHash> hashes;
  for (std::size_t i = 0; i < count; ++i)
    hashes.push_back(HashOf(static_cast<std::uint32_t>(random() % keys)));
  return hashes;
}

// Which of the hashes the burst found, and found as Find() does.
std::uint64_t FoundAlike(const FingerprintBuckets& table, const std::vector<FlowHash>& hashes) {
  BurstMatches matches;
  const std::uint64_t found = table.FindBurst(hashes, matches);
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    const auto match = table.Find(hashes[i]);
    REQUIRE((found >> i & 1) == (match ? 1 : 0));
    if (!match) continue;
    REQUIRE(matches.values[i] == match->value);
  }
  if (hashes.size() < kMaxBurst) REQUIRE(found >> hashes.size() == 0);
  return found;
}

TEST_CASE("a burst finds what Find() finds, with every instruction set", "[tables]") {
  const std::size_t capacity = GENERATE(1, 8, 100, 4096);
  auto table = FullTable(capacity);
  const auto keys = static_cast<std::uint32_t>(table.slot_count() * 3);
  for (const BurstLookup& lookup : BurstLookups()) {
    CAPTURE(capacity, lookup.name);
    table.UseLookup(lookup);
    std::mt19937 random(2026);
    int hits = 0;
    for (int round = 0; round < 300; ++round) {
      const auto hashes = RandomHashes(random, random() % (kMaxBurst + 1), keys);
      hits += std::popcount(FoundAlike(table, hashes));
      Change(table, random, keys);
    }
    // About a third of the keys are there, a fifth of them in a change's wake.
    CHECK(hits > 1000);
    CHECK(hits < 5000);
  }
}

TEST_CASE("a burst may be empty, and may have the same key everywhere", "[tables]") {
  auto table = FullTable(4096);
  for (const BurstLookup& lookup : BurstLookups()) {
    CAPTURE(lookup.name);
    table.UseLookup(lookup);
    CHECK(FoundAlike(table, {}) == 0);
    const std::vector<FlowHash> same(kMaxBurst, HashOf(0));
    CHECK(FoundAlike(table, same) == ~std::uint64_t{0});
  }
}

TEST_CASE("values in a line are not taken for fingerprints", "[tables]") {
  auto table = FingerprintBuckets::Create({}, 1, MemoryKind::kNormal).value();
  constexpr std::uint64_t kPair = 0x0000002a0000002a;  // two values of 42
  for (std::uint64_t n = 0; n < table.slot_count(); ++n) {
    const FlowHash hash{.bucket = n << 61, .fingerprint = (n + 1) << 32};
    if (const auto slot = table.EmptyCandidate(hash)) table.Store(*slot, hash, 42);
  }
  for (const BurstLookup& lookup : BurstLookups()) {
    CAPTURE(lookup.name);
    table.UseLookup(lookup);
    CHECK(FoundAlike(table, {{.bucket = 0, .fingerprint = kPair},
                             {.bucket = ~std::uint64_t{0}, .fingerprint = kPair}}) == 0);
  }
}

TEST_CASE("P1: a burst of connections is as Find() has each of them", "[tables]") {
  constexpr std::uint32_t kFlows = 4096;
  const auto at = [](std::uint32_t seconds) { return CoarseTick::FromSeconds(seconds); };
  auto table = ConnectionTable::Create(WorkerId{0}, kFlows, ConnectionTimeouts{},
                                       testing::kFixedKey, MemoryKind::kNormal)
                   .value();
  // Of every phase, and of ages on both sides of every timeout.
  for (std::uint32_t flow = 0; flow < kFlows; ++flow)
    table.Insert(HashOf(flow), {Flow(flow), ServiceSlot{0}}, TargetHandle(flow, flow),
                 static_cast<ConnectionPhase>(flow % 8), at(20'000 - flow * 4));
  // Of flow n: 4 * n seconds, and its target's slot is n.
  const auto table_age = [](const ConnectionTable::Entry& entry) {
    return entry.target.slot() * std::uint64_t{4};
  };
  std::mt19937 random(2026);
  for (int round = 0; round < 300; ++round) {
    const auto hashes = RandomHashes(random, random() % (kMaxBurst + 1), kFlows * 2);
    ConnectionTable::Found found;
    table.FindBurst(hashes, at(20'000), found);
    for (std::size_t i = 0; i < hashes.size(); ++i) {
      const auto entry = table.Find(hashes[i], at(20'000));
      REQUIRE((found.all >> i & 1) == (entry ? 1 : 0));
      if (!entry) continue;
      REQUIRE(found.target(i) == entry->target);
      // A packet that is noted is noted in vain, while it is settled.
      const auto age = table_age(*entry);
      const bool lasts = entry->phase == ConnectionPhase::kEstablished ||
                         entry->phase == ConnectionPhase::kAdopted ||
                         entry->phase == ConnectionPhase::kDatagrams;
      REQUIRE((found.settled >> i & 1) == (lasts && age < ConnectionTimeouts{}.Slack() ? 1 : 0));
    }
  }
}

}  // namespace
}  // namespace holdfast
