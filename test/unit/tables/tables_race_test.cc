// Tables while one thread changes them and others read: what is there all the
// time is never missed, and no value is ever seen with another's key.
#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <functional>
#include <random>
#include <span>
#include <thread>
#include <vector>

#include "tables/affinity_table.h"
#include "tables/connection_table.h"
#include "tables/flows.h"

namespace holdfast {
namespace {

using testing::Flow;
using testing::HashOf;

constexpr int kReaders = 2;
// Small, so that most inserts move other entries, and readers meet them.
constexpr std::size_t kCapacity = 16;
constexpr std::uint32_t kStayed = 10;  // keys below are there all the time
constexpr std::uint32_t kKeys = 26;    // the others come and go
constexpr std::uint32_t kLeastSteps = 500'000;
constexpr CoarseTick kNow;

// All that a value may say about a key: any version, but of this key.
std::uint32_t ValueOf(std::uint32_t key, std::uint32_t version) {
  return key * 0x9E3779B1 & 0xffff0000 | (version & 0xffff);
}
bool IsOf(std::uint32_t key, std::uint32_t value) { return ValueOf(key, value) == value; }
TargetHandle TargetOf(std::uint32_t key) { return {key + 7, key}; }

struct Mistakes {
  std::atomic<int> missed{0};
  std::atomic<int> torn{0};
};

// `read(key)` on each reader's thread, for all keys over and over; meanwhile
// `write(step)` here, until every reader has read so often and all steps that a test
// counts on are done: they are the same ones whoever of the threads is slower.
void ReadWhile(std::uint64_t reads, const std::function<void(std::uint32_t key)>& read,
               const std::function<void(std::uint32_t step)>& write) {
  std::atomic<int> reading{kReaders};
  std::atomic<bool> written{false};
  std::vector<std::thread> readers;
  for (int i = 0; i < kReaders; ++i)
    readers.emplace_back([&] {
      for (std::uint64_t n = 0; n < reads || !written; ++n)
        read(static_cast<std::uint32_t>(n % kKeys));
      --reading;
    });
  for (std::uint32_t step = 0; reading.load(std::memory_order_relaxed) != 0; ++step) {
    write(step);
    if (step == kLeastSteps) written = true;
  }
  for (std::thread& reader : readers) reader.join();
}

std::vector<FlowHash> Hashes() {
  std::vector<FlowHash> hashes;
  for (std::uint32_t key = 0; key < kKeys; ++key) hashes.push_back(HashOf(key));
  return hashes;
}

TEST_CASE("a reader never misses an entry that only moves, and sees no torn one",
          "[tables][race]") {
  const auto hashes = Hashes();
  auto table = FingerprintBuckets::Create({}, kCapacity, MemoryKind::kNormal).value();
  const BurstLookup& lookup = GENERATE(from_range(BurstLookups()));
  CAPTURE(lookup.name);
  table.UseLookup(lookup);
  std::vector<std::uint32_t> key_in(table.slot_count());
  int stayed_and_moved = 0;
  const auto put = [&](std::uint32_t key, std::uint32_t version) {
    auto slot = table.EmptyCandidate(hashes[key]);
    if (!slot)
      slot = table.MakeRoom(hashes[key], [&](auto from, auto to) {
        key_in[to] = key_in[from];
        if (key_in[to] < kStayed) ++stayed_and_moved;
      });
    if (!slot) return;
    key_in[*slot] = key;
    table.Store(*slot, hashes[key], ValueOf(key, version));
  };
  for (std::uint32_t key = 0; key < kStayed; ++key) put(key, 0);

  Mistakes seen;
  std::minstd_rand random(2026);
  const auto check = [&](std::uint32_t key, bool found, std::uint32_t value) {
    if (!found && key < kStayed) ++seen.missed;
    if (found && !IsOf(key, value)) ++seen.torn;
  };
  ReadWhile(
      400'000,
      [&](std::uint32_t key) {
        const auto match = table.Find(hashes[key]);
        check(key, match.has_value(), match ? match->value : 0);
        // And in a burst of this key and all after it.
        BurstMatches matches;
        const auto burst = std::span(hashes).subspan(key);
        const std::uint64_t found = table.FindBurst(burst, matches);
        for (std::uint32_t i = 0; i < burst.size(); ++i) {
          const bool is_found = (found >> i & 1) != 0;
          check(key + i, is_found, is_found ? matches.values[i] : 0);
        }
      },
      [&](std::uint32_t step) {
        const auto key = static_cast<std::uint32_t>(random() % kKeys);
        const auto match = table.Find(hashes[key]);
        if (match && key < kStayed) {
          table.SetValue(match->slot, ValueOf(key, step));
        } else if (match && random() % 2 == 0) {
          table.Clear(match->slot);
        } else if (!match) {
          put(key, step);
        }
      });
  CHECK(seen.missed == 0);
  CHECK(seen.torn == 0);
  CHECK(stayed_and_moved > 100);
}

TEST_CASE("P5: other workers find every proven connection, and its own target", "[tables][race]") {
  const auto hashes = Hashes();
  auto table =
      ConnectionTable::Create(WorkerId{0}, kCapacity, {}, testing::kFixedKey, MemoryKind::kNormal)
          .value();
  const auto put = [&](std::uint32_t key, ConnectionPhase phase) {
    table.Insert(hashes[key], {Flow(key), ServiceSlot{0}}, TargetOf(key), phase, kNow);
  };
  for (std::uint32_t key = 0; key < kStayed; ++key) put(key, ConnectionPhase::kEstablished);

  Mistakes seen;
  std::minstd_rand random(2026);
  const auto check = [&](std::uint32_t key, const ConnectionTable::Entry* entry) {
    if (entry == nullptr && key < kStayed) ++seen.missed;
    if (entry != nullptr && entry->target != TargetOf(key)) ++seen.torn;
  };
  ReadWhile(
      400'000,
      [&](std::uint32_t key) {
        const auto entry = table.Find(hashes[key], kNow);
        check(key, entry ? &*entry : nullptr);
        // And in a burst of this key and all after it.
        ConnectionTable::Found found;
        const auto burst = std::span(hashes).subspan(key);
        table.FindBurst(burst, kNow, found);
        for (std::uint32_t i = 0; i < burst.size(); ++i) {
          ConnectionTable::Entry of_burst;
          of_burst.target = found.target(i);
          check(key + i, (found.all >> i & 1) != 0 ? &of_burst : nullptr);
        }
        if (table.size() > kKeys) ++seen.torn;
      },
      [&](std::uint32_t) {
        const auto key = static_cast<std::uint32_t>(random() % kKeys);
        const auto entry = table.Find(hashes[key], kNow);
        if (!entry) {
          put(key, ConnectionPhase::kOpening);
        } else if (key < kStayed) {
          table.Update(*entry, entry->phase, kNow);
        } else {
          table.Erase(*entry);
        }
      });
  CHECK(seen.missed == 0);
  CHECK(seen.torn == 0);
  for (std::uint32_t key = 0; key < kStayed; ++key) {
    const auto entry = table.Find(hashes[key], kNow);
    REQUIRE(entry);
    CHECK(table.Record(entry->slot).key == Flow(key));
  }
}

constexpr ServiceSlot kWeb{0};

// Of different clients. Two of those that come and go name both ports, and no
// other does: that class comes and goes with them.
AffinityCell CellOf(std::uint32_t key) {
  const std::uint32_t ports = key + 2 >= kKeys ? 3 : key % 3;
  return {kWeb, Flow(key << 16).client, static_cast<std::uint16_t>((ports & 2) != 0 ? 40000 : 0),
          static_cast<std::uint16_t>((ports & 1) != 0 ? 80 : 0)};
}

TEST_CASE("A1, P2: workers follow an affinity from the return of its start to its end",
          "[tables][race]") {
  auto table = AffinityTable::Create(kCapacity, testing::kFixedKey, MemoryKind::kNormal).value();
  AffinityTable::Writer writer(table);
  // Which cells the writer says are there. It says so after Insert() returned, and
  // takes it back, under a new number, before Erase().
  std::array<std::atomic<std::uint32_t>, kKeys> said{};  // odd: there
  const auto put = [&](std::uint32_t key) {
    if (writer.Insert(CellOf(key), TargetOf(key))) ++said[key];
  };
  for (std::uint32_t key = 0; key < kStayed; ++key) put(key);

  Mistakes seen;
  std::minstd_rand random(2026);
  ReadWhile(
      300'000,
      [&](std::uint32_t key) {
        const std::uint32_t before = said[key];
        const auto owner =
            table.Find(kWeb, CellOf(key).client, 40000, 80, [](auto) { return true; });
        if (!owner && before % 2 == 1 && said[key] == before) ++seen.missed;
        if (owner && owner->target != TargetOf(key)) ++seen.torn;
      },
      [&](std::uint32_t) {
        const auto key = kStayed + static_cast<std::uint32_t>(random() % (kKeys - kStayed));
        if (said[key] % 2 == 0) {
          put(key);
        } else {
          ++said[key];
          writer.Erase(CellOf(key));
        }
      });
  CHECK(seen.missed == 0);
  CHECK(seen.torn == 0);
  CHECK(table.size() >= kStayed);
}

}  // namespace
}  // namespace holdfast
