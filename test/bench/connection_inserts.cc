// Inserts: into a table with room, and into a full one where each evicts another. And
// what it costs to look for those that have idled out.
#include <array>
#include <optional>
#include <string>

#include "bench/flows.h"
#include "bench/key_stream.h"
#include "bench/rounds.h"
#include "bench/row.h"
#include "bench/tables.h"
#include "support/rte_hash_table.h"

namespace holdfast::bench {
namespace {

using Outcome = ConnectionTable::InsertOutcome;

constexpr std::size_t kFree = 1'000'000;  // inserts into a table for so many
constexpr std::size_t kFull = 500'000;    // a table for so many, and eight times the flows
constexpr std::size_t kFlood = 8 * kFull;

struct Done {
  std::uint64_t inserted = 0;
  std::uint64_t evicted = 0;
};

class Inserter {
 public:
  Inserter(const std::vector<FlowKey>& flows, const HashKey& key) : flows_(flows), key_(key) {}

  // As workers do: a burst is hashed and prefetched while the one before is inserted.
  [[nodiscard]] Done InBursts(ConnectionTable& table) const {
    std::array<std::array<FlowHash, kBurst>, 2> hashes;
    std::span<const FlowKey> before;
    Done done;
    for (std::size_t first = 0, turn = 0; first < flows_.size() || !before.empty();
         first += kBurst, ++turn) {
      const auto keys = flows_.Take(first, kBurst);
      const std::span next{hashes[turn % 2].data(), keys.size()};
      HashFlows(key_, keys, next);
      for (const FlowHash& hash : next) table.PrefetchForInsert(hash);
      for (std::size_t i = 0; i < before.size(); ++i)
        Insert(table, hashes[1 - turn % 2][i], before[i], done);
      before = keys;
    }
    return done;
  }

  [[nodiscard]] Done OneByOne(ConnectionTable& table) const {
    Done done;
    for (std::size_t i = 0; i < flows_.size(); ++i) {
      const FlowKey& flow = flows_.Take(i, 1).front();
      Insert(table, HashFlow(key_, flow), flow, done);
    }
    return done;
  }

 private:
  static void Insert(ConnectionTable& table, const FlowHash& hash, const FlowKey& flow,
                     Done& done) {
    const Outcome outcome = table.Insert(hash, {.key = flow, .service = ServiceSlot{0}}, {},
                                         ConnectionPhase::kOpening, kNow);
    done.inserted += outcome != Outcome::kFull ? 1 : 0;
    done.evicted += outcome == Outcome::kEvictedUnfinished ? 1 : 0;
  }

  KeyStream<FlowKey> flows_;
  HashKey key_;
};

void Report(const std::string& name, const Measurement& own, const Measurement& reference,
            const std::string& reference_name) {
  Print({.name = name,
         .value = own.per_second / kMillion,
         .unit = "M/s",
         .reference = reference.per_second / kMillion,
         .reference_name = reference_name,
         .spread = own.spread});
}

void BenchFree(const HashKey& key, const Options& options) {
  const auto flows = ShuffledFlows(Family::kV4, 0, kFree);
  const auto packed = AllPacked<Ipv4Tuple>(flows);
  const Inserter inserter(flows, key);
  std::optional<ConnectionTable> table;
  std::optional<RteHashTable> rte_hash;
  const auto new_tables = [&] {
    table.reset();
    rte_hash.reset();
    table.emplace(NewConnectionTable(kFree, key));
    rte_hash.emplace(kFree, sizeof(Ipv4Tuple));
  };
  const auto all = [](const Done& done) {
    if (done.inserted != kFree || done.evicted != 0) Fail("a connection found no room");
    return done.inserted;
  };
  const auto into_rte_hash = [&] {
    for (const Ipv4Tuple& flow : packed)
      if (!rte_hash->Insert(&flow, 1)) Fail("rte_hash found no room");
    return std::uint64_t{packed.size()};
  };
  const auto measured = Measure({{[&] { return all(inserter.InBursts(*table)); }, new_tables},
                                 {[&] { return all(inserter.OneByOne(*table)); }, new_tables},
                                 {into_rte_hash, new_tables}},
                                options.rounds());
  Report("insert, IPv4, 1M, in bursts", measured[0], measured[2], "rte_hash lock-free, add");
  Report("insert, IPv4, 1M, one by one", measured[1], measured[2], "rte_hash lock-free, add");
}

// rte_hash evicts nothing: the oldest flow is deleted for each that is added.
std::uint64_t Replace(RteHashTable& table, const std::vector<Ipv4Tuple>& flows) {
  for (std::size_t i = 0; i < flows.size(); ++i) {
    table.Erase(&flows[i]);
    if (!table.Insert(&flows[(i + kFull) % flows.size()], 1)) Fail("rte_hash found no room");
  }
  return flows.size();
}

// A pass over a table in which nothing has idled out.
std::uint64_t SweepAll(ConnectionTable& table, std::size_t slice) {
  while (!table.Sweep(slice, {.now = kNow}).pass_completed) {
  }
  return table.bucket_count();
}

void BenchSweep(const HashKey& key, const Options& options) {
  ConnectionTable table = NewConnectionTable(kFree, key);
  const Inserter inserter(ShuffledFlows(Family::kV4, 0, kFree), key);
  if (inserter.InBursts(table).inserted != kFree) Fail("a connection found no room");
  const auto measured =
      Measure({{[&] { return SweepAll(table, 128); }}, {[&] { return SweepAll(table, 1); }}},
              options.rounds());
  const std::array<std::string, 2> names = {"128 buckets a turn", "1 bucket a turn"};
  for (std::size_t i = 0; i < names.size(); ++i)
    Print({.name = "sweep of a bucket, 1M connections, " + names[i],
           .value = 1e9 / measured[i].per_second,
           .unit = "ns",
           .spread = measured[i].spread});
}

void BenchFull(const HashKey& key, const Options& options) {
  const auto flows = ShuffledFlows(Family::kV4, 0, kFlood);
  const auto packed = AllPacked<Ipv4Tuple>(flows);
  const Inserter inserter(flows, key);
  ConnectionTable table = NewConnectionTable(kFull, key);
  RteHashTable rte_hash(kFull, sizeof(Ipv4Tuple));
  for (std::size_t i = 0; i < kFull; ++i) rte_hash.Insert(&packed[i], 1);
  const auto evicting = [&](const Done& done) {
    if (table.size() == 0 || done.inserted != kFlood) Fail("a connection evicted none");
    return done.inserted;
  };
  const auto measured = Measure({{[&] { return evicting(inserter.InBursts(table)); }},
                                 {[&] { return evicting(inserter.OneByOne(table)); }},
                                 {[&] { return Replace(rte_hash, packed); }}},
                                options.rounds());
  constexpr char kReference[] = "rte_hash lock-free, delete and add";
  Report("insert and evict, IPv4, 500k, in bursts", measured[0], measured[2], kReference);
  Report("insert and evict, IPv4, 500k, one by one", measured[1], measured[2], kReference);
}

}  // namespace

void BenchConnectionInserts(const Options& options) {
  const HashKey key = HashKey::Random();
  BenchFree(key, options);
  BenchSweep(key, options);
  BenchFull(key, options);
}

}  // namespace holdfast::bench
