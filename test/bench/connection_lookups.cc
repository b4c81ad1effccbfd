// Look-ups: all hits, in random order, in tables as full as they were made for, in
// bursts of which the next one is hashed and prefetched while one is looked up, as
// workers do.
#include <algorithm>
#include <array>
#include <bit>
#include <cstdio>
#include <string>

#include "bench/flows.h"
#include "bench/keep.h"
#include "bench/key_stream.h"
#include "bench/memory_reads.h"
#include "bench/rounds.h"
#include "bench/row.h"
#include "bench/tables.h"
#include "support/rte_hash_table.h"
#include "tables/bucket_array.h"

namespace holdfast::bench {
namespace {

constexpr std::size_t kLookups = 4'000'000;  // a round, at least
constexpr char kRteHash[] = "rte_hash lock-free, bulk 32";

TargetHandle TargetOf(std::size_t flow) { return {flow % kMaxTargets, 0}; }

// The flows of a table, and both tables filled with them.
template <typename Packed>
struct Filled {
  Filled(Family family, std::size_t count) : Filled(ShuffledFlows(family, 0, count)) {
    // In another order than that of the look-ups.
    for (std::size_t n = 0, i = 0; n < count; ++n, i = (i + 7919) % count) Insert(i);
  }

  const HashKey key = HashKey::Random();
  KeyStream<FlowKey> flows;
  KeyStream<FlowHash> hashes;
  KeyStream<Packed> packed;
  ConnectionTable connections;
  RteHashTable rte_hash;

 private:
  explicit Filled(const std::vector<FlowKey>& keys)
      : flows(keys),
        hashes(HashesOf(key, keys)),
        packed(AllPacked<Packed>(keys)),
        connections(NewConnectionTable(keys.size(), key)),
        rte_hash(keys.size(), sizeof(Packed)) {}

  void Insert(std::size_t i) {
    const auto outcome =
        connections.Insert(hashes.all()[i], {.key = flows.all()[i], .service = ServiceSlot{0}},
                           TargetOf(i), ConnectionPhase::kEstablished, kNow);
    if (outcome != ConnectionTable::InsertOutcome::kInserted) Fail("a connection found no room");
    if (!rte_hash.Insert(&packed.all()[i], i)) Fail("rte_hash found no room");
  }
};

struct Tally {
  std::uint64_t operations = 0;
  std::uint64_t found = 0;
  std::uint64_t targets = 0;  // whatever a caller would read of a result

  void Look(std::size_t burst, const ConnectionTable::Found& what) {
    operations += burst;
    found += static_cast<std::uint64_t>(std::popcount(what.all));
    for (std::size_t i = 0; i < burst; ++i) targets += what.target(i).raw();
  }
  [[nodiscard]] std::uint64_t Checked() const {
    Keep(targets);
    if (found != operations) Fail("a look-up missed");
    return operations;
  }
};

// Two bursts on their way: `hashes_of(first, out)` gives the next one's hashes.
template <typename HashesOf>
void LookUpAll(const ConnectionTable& table, std::size_t count, HashesOf&& hashes_of,
               Tally& tally) {
  std::array<std::array<FlowHash, kBurst>, 2> hashes;
  ConnectionTable::Found found;
  std::size_t before = 0;
  for (std::size_t first = 0, turn = 0; first < count || before != 0; first += kBurst, ++turn) {
    const std::size_t size = first < count ? std::min(kBurst, count - first) : 0;
    const std::span next{hashes[turn % 2].data(), size};
    const std::span known{hashes[1 - turn % 2].data(), before};
    hashes_of(first, next);
    for (const FlowHash& hash : next) table.Prefetch(hash);
    table.FindBurst(known, kNow, found);
    tally.Look(before, found);
    before = size;
  }
}

// `pass` goes once through all flows.
template <typename Pass>
std::uint64_t Repeat(std::size_t count, Pass&& pass) {
  Tally tally;
  for (std::size_t done = 0; done < kLookups; done += count) pass(tally);
  return tally.Checked();
}

// As the pipeline does: an IPv4 packet is known by its tuple.
void HashOf(const Filled<Ipv4Tuple>& filled, std::size_t first, std::span<FlowHash> out) {
  HashIpv4Flows(filled.key, filled.packed.Take(first, out.size()), out);
}
void HashOf(const Filled<PackedV6>& filled, std::size_t first, std::span<FlowHash> out) {
  HashFlows(filled.key, filled.flows.Take(first, out.size()), out);
}

template <typename Packed>
Contender HashAndLookUp(const Filled<Packed>& filled) {
  return {[&filled] {
    const auto hash = [&](std::size_t first, std::span<FlowHash> out) {
      HashOf(filled, first, out);
    };
    return Repeat(filled.flows.size(), [&](Tally& tally) {
      LookUpAll(filled.connections, filled.flows.size(), hash, tally);
    });
  }};
}

template <typename Packed>
Contender LookUpHashed(const Filled<Packed>& filled) {
  return {[&filled] {
    const auto copy = [&](std::size_t first, std::span<FlowHash> out) {
      std::ranges::copy(filled.hashes.Take(first, out.size()), out.begin());
    };
    return Repeat(filled.flows.size(), [&](Tally& tally) {
      LookUpAll(filled.connections, filled.flows.size(), copy, tally);
    });
  }};
}

template <typename Packed>
void LookUpAllIn(const RteHashTable& table, const KeyStream<Packed>& keys, Tally& tally) {
  std::array<const void*, RteHashTable::kBurst> pointers;
  std::array<std::uint64_t, RteHashTable::kBurst> values;
  for (std::size_t first = 0; first < keys.size(); first += pointers.size()) {
    const std::span burst = keys.Take(first, pointers.size());
    for (std::size_t i = 0; i < burst.size(); ++i) pointers[i] = &burst[i];
    const std::uint64_t mask =
        table.FindBurst({pointers.data(), burst.size()}, {values.data(), burst.size()});
    tally.operations += burst.size();
    tally.found += static_cast<std::uint64_t>(std::popcount(mask));
    for (std::size_t i = 0; i < burst.size(); ++i) tally.targets += values[i];
  }
}

template <typename Packed>
Contender LookUpInRteHash(const Filled<Packed>& filled) {
  return {[&filled] {
    return Repeat(filled.packed.size(),
                  [&](Tally& tally) { LookUpAllIn(filled.rte_hash, filled.packed, tally); });
  }};
}

struct LookupGoals {
  Goals beside_rte_hash = {};
  Goals beside_memory = {};
};

template <typename Packed>
void BenchLookUp(Family family, std::size_t count, const LookupGoals& goals,
                 const MemoryReads& memory, const Options& options) {
  const Filled<Packed> filled(family, count);
  const auto measured =
      Measure({HashAndLookUp(filled), LookUpHashed(filled), LookUpInRteHash(filled), {[&] {
                 return memory.Run();
               }}},
              options.rounds());
  const auto row = [&](const std::string& what, std::size_t own, std::size_t reference,
                       const Goals& goals_of_row) {
    Print({.row = goals_of_row.target ? "B8" : "",
           .name = what + (family == Family::kV4 ? ", IPv4, " : ", IPv6, ") + SizeName(count),
           .value = measured[own].per_second / kMillion,
           .unit = "M/s",
           .reference = measured[reference].per_second / kMillion,
           .reference_name = reference == 2 ? kRteHash : "MEM64",
           .floor = goals_of_row.floor,
           .target = goals_of_row.target,
           .spread = measured[own].spread});
  };
  row("connection lookup", 0, 2, goals.beside_rte_hash);
  row("connection lookup", 0, 3, goals.beside_memory);
  row("connection lookup, hashes at hand", 1, 2, {});
}

void BenchMemory(std::size_t count) {
  const std::size_t bytes = NewConnectionTable(count, {}).bucket_count() * sizeof(Bucket);
  Print({.row = "B9",
         .name = "hot memory of a connection, " + SizeName(count),
         .value = static_cast<double>(bytes) / static_cast<double>(count),
         .unit = "B",
         .floor = 24,
         .target = 16});
}

}  // namespace

void BenchConnectionLookups(const Options& options) {
  const MemoryReads memory;
  if (!memory.on_huge_pages()) std::fprintf(stderr, "MEM64 is measured on ordinary pages\n");
  const auto both = [&](std::size_t count, const LookupGoals& v4, const LookupGoals& v6) {
    BenchLookUp<Ipv4Tuple>(Family::kV4, count, v4, memory, options);
    BenchLookUp<PackedV6>(Family::kV6, count, v6, memory, options);
  };
  both(1000, {}, {});
  both(1'000'000, {.beside_rte_hash = {2.5, 3.6}}, {.beside_rte_hash = {3.5, 5}});
  BenchMemory(1'000'000);
  if (options.quick) return;
  both(10'000'000, {.beside_memory = {{}, 0.85}}, {});
  BenchMemory(10'000'000);
}

}  // namespace holdfast::bench
