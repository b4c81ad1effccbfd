// ConnectionTable: where each connection of one worker goes (rows P1, P5, P7, P8).
//
// Thread roles
//   Writer  the worker that owns the table.
//   Reader  the other workers, and the management thread: Find() and the counts.
//
// Layout
//   Hot: FingerprintBuckets of ConnectionValues.
//   Cold: one line for each slot, in an array of its own after a TableHeader: who
//   the connection is (ConnectionRecord) and its home bucket. Written on insert, read
//   by the owner only: when entries move, when copies are swept.
//   No pointers in either. What is beside them (counts, place of the sweep) can be
//   found again from them.
//
// Time
//   Ticks are whole seconds (CoarseTick). An entry idle for longer than its
//   phase's timeout is expired, at the latest ConnectionTimeouts::Slack() later, and
//   never earlier; Find() still returns it and says so, until the sweep frees it.
//   Timeouts may differ between services (ServiceTimeouts). The hot part knows no service,
//   so callers bring their packet's timeouts, and a sweep asks the cold part of what has been
//   idle for longer than the shortest, and not yet for longer than the longest.
//
// Connections that count for their clients (ConnectionRecord::counts_for_client) end in the
// ClientTable when their entries go, whatever makes them go.
//
// Half-open connections (in phase kOpening) are counted by service once CountHalfOpen() was
// called: those that are inserted from then on.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/flow_key.h"
#include "base/ids.h"
#include "stats/counter.h"
#include "tables/client_writer.h"
#include "tables/connection_phase.h"
#include "tables/connection_timeouts.h"
#include "tables/eviction_order.h"
#include "tables/fingerprint_buckets.h"
#include "tables/flow_hash.h"
#include "tables/service_timeouts.h"

namespace holdfast {

// The cold part of an entry.
struct ConnectionRecord {
  FlowKey key;
  ServiceSlot service = kNoService;
  // kNoOriginal, or the worker whose table holds the original of this copy (P5).
  std::uint16_t original = kNoOriginal;
  static constexpr std::uint16_t kNoOriginal = 0xffff;
  bool half_open = false;  // counted as such; the table's business
  // It is one of its client's connections in the ClientTable (T3), where a ClientWriter has
  // begun it; a copy will be when it has become the original.
  bool counts_for_client = false;
  [[nodiscard]] bool IsCopy() const { return original != kNoOriginal; }
};

class ConnectionTable {
 public:
  struct Entry {
    FingerprintBuckets::Slot slot = 0;
    TargetHandle target;
    ConnectionPhase phase : 3 = ConnectionPhase::kOpening;
    bool expired : 1 = false;  // idle for longer than its timeout; not freed yet
    std::uint8_t reserved = 0;
  };
  // An entry, how long it has been idle, and for how long it may be, in seconds.
  struct Sighting {
    Entry entry;
    std::uint32_t idle = 0;
    std::uint32_t timeout = 0;
  };
  // What is known of the hashes of a burst.
  struct Found {
    std::uint64_t all = 0;      // bit i: hash i was found
    std::uint64_t settled = 0;  // and a plain packet (SegmentFlags) changes nothing in its entry
    BurstMatches matches;

    // REQUIRES: hash i was found.
    [[nodiscard]] TargetHandle target(std::size_t i) const {
      return TargetHandle::FromRaw(matches.values[i]);
    }
  };
  enum class InsertOutcome : std::uint8_t {
    kInserted,
    kReplacedExpired,    // an expired entry made room
    kEvictedUnfinished,  // P8, in this order
    kEvictedClosing,
    kEvictedUnproven,
    kFull,  // only proven ones here: nothing changed
  };
  struct SweepResult {
    std::uint32_t expired = 0;
    std::uint32_t stale = 0;     // of removed targets
    std::uint32_t promoted = 0;  // copies that became originals
    bool pass_completed = false;
  };
  struct SweepRules {
    CoarseTick now;
    // True when a handle's target is gone for good and its entries are to be freed.
    // Called for live entries; must not allocate.
    bool (*is_stale)(const void* context, TargetHandle target) = nullptr;
    const void* context = nullptr;
    // Of the services; nullptr: all have the table's own.
    const ServiceTimeouts* timeouts = nullptr;
    // All workers' tables by WorkerId, to see whether a copy's original lives.
    std::span<const ConnectionTable* const> all_tables = {};
  };

  // Room for `capacity` connections, whose hashes callers make with `key`.
  // RESOURCE_EXHAUSTED names the memory needed.
  static absl::StatusOr<ConnectionTable> Create(WorkerId owner, std::size_t capacity,
                                                ConnectionTimeouts timeouts, const HashKey& key,
                                                MemoryKind memory);
  // What the hot and the cold memory of such a table begin with (CheckTable()).
  struct Headers {
    TableHeader hot;
    TableHeader cold;
  };
  static Headers HeadersFor(WorkerId owner, std::size_t capacity, const HashKey& key);

  // ---- any thread
  void Prefetch(const FlowHash& hash) const { buckets_.Prefetch(hash); }
  // With the timeouts of all services that have none of their own, or with those of one.
  [[nodiscard]] std::optional<Entry> Find(const FlowHash& hash, CoarseTick now) const {
    return Find(hash, now, timeouts_);
  }
  [[nodiscard]] std::optional<Entry> Find(const FlowHash& hash, CoarseTick now,
                                          const ConnectionTimeouts& timeouts) const;
  // The same with its times. The last packets of a busy connection are not noted at once
  // (ConnectionTimeouts::Slack()), so it may have been idle for less.
  [[nodiscard]] std::optional<Sighting> Sight(const FlowHash& hash, CoarseTick now) const {
    return Sight(hash, now, timeouts_);
  }
  [[nodiscard]] std::optional<Sighting> Sight(const FlowHash& hash, CoarseTick now,
                                              const ConnectionTimeouts& timeouts) const;
  // Looks at most kMaxBurst hashes up. Fastest when each was prefetched, and other work
  // was done in between.
  void FindBurst(std::span<const FlowHash> hashes, CoarseTick now, Found& found) const;
  // The same in two steps, for the owner, who changes nothing meanwhile: what the first one
  // asks of memory can come while other work is done.
  void FindAtHome(std::span<const FlowHash> hashes, Found& found) const {
    buckets_.FindAtHome(hashes, found.matches);
  }
  void FindAway(std::span<const FlowHash> hashes, CoarseTick now, Found& found) const;
  [[nodiscard]] std::uint64_t size() const;  // originals
  [[nodiscard]] std::uint64_t copies() const;
  // The originals among its entries that go to the target in a slot.
  [[nodiscard]] std::uint32_t ConnectionsOf(std::size_t target_slot) const {
    return sizes_->of_target[target_slot].load(std::memory_order_relaxed);
  }
  // Of a service, in this table; 0 before CountHalfOpen().
  [[nodiscard]] std::uint64_t half_open(ServiceSlot service) const {
    return sizes_->half_open[Index(service)].Read();
  }
  // How many it can hold: what was asked for at a load of 0.8, rounded up.
  [[nodiscard]] std::size_t capacity() const { return buckets_.slot_count(); }
  // Beyond the load that a table is made for (0.8) by so much, free slots are not
  // worth a search.
  [[nodiscard]] bool IsNearlyFull() const {
    return sizes_->originals.Read() + sizes_->copies.Read() >= nearly_full_;
  }
  [[nodiscard]] const TableMemory& hot_memory() const { return buckets_.memory(); }
  [[nodiscard]] const TableMemory& cold_memory() const { return cold_; }
  [[nodiscard]] std::size_t memory_bytes() const;
  [[nodiscard]] bool on_huge_pages() const;
  [[nodiscard]] std::size_t bucket_count() const { return buckets_.bucket_count(); }
  [[nodiscard]] WorkerId owner() const { return owner_; }

  // ---- the owner
  // For an Insert() soon after. REQUIRES: Prefetch() has been called, and is done.
  void PrefetchForInsert(const FlowHash& hash) const {
    const std::size_t home = buckets_.HomeOf(hash);
    // Of the cold part any line: what the store waits for is where its page lies.
    __builtin_prefetch(&cold(FingerprintBuckets::SlotAt(home, 0)));
    if (!IsNearlyFull() || !EvictionOrder::HasUnfinished(buckets_.At(home)))
      buckets_.PrefetchPartner(hash);
  }
  // Puts a new entry in; makes room as P8 says. REQUIRES: `hash` is not in it.
  InsertOutcome Insert(const FlowHash& hash, const ConnectionRecord& record, TargetHandle target,
                       ConnectionPhase phase, CoarseTick now);
  // Notes a packet: stores only when the tick or the phase changed.
  void Update(const Entry& entry, ConnectionPhase phase, CoarseTick now);
  // Makes an existing entry that of a new connection (a SYN on a closing one).
  void Restart(const Entry& entry, const ConnectionRecord& record, TargetHandle target,
               ConnectionPhase phase, CoarseTick now);
  void Erase(const Entry& entry);
  void CountHalfOpen() { counts_half_open_ = true; }
  // Where connections count for their clients. All outlive it. `all_tables`: of all workers.
  // REQUIRES: before any does.
  void CountForClients(ClientWriter& clients, std::span<const ConnectionTable* const> all_tables) {
    clients_ = &clients;
    all_tables_ = all_tables;
  }
  // visit(record, target) for each entry.
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (std::size_t index = 0; index < bucket_count(); ++index)
      for (unsigned left = buckets_.At(index).Occupied(); left != 0; left &= left - 1) {
        const Slot slot =
            FingerprintBuckets::SlotAt(index, static_cast<unsigned>(std::countr_zero(left)));
        visit(cold(slot).record, TargetHandle::FromRaw(buckets_.Value(slot)));
      }
  }
  // No entry makes room for its age before it has been idle for longer than these.
  void SetLongestTimeouts(const ConnectionTimeouts& timeouts) { longest_ = timeouts; }
  // Looks at the next `buckets` buckets: frees what is expired or stale, makes
  // copies whose original is gone originals.
  SweepResult Sweep(std::size_t buckets, const SweepRules& rules);
  [[nodiscard]] const ConnectionRecord& Record(FingerprintBuckets::Slot slot) const;

 private:
  using Slot = FingerprintBuckets::Slot;

  struct alignas(64) Cold {
    ConnectionRecord record;
    std::uint64_t home_bucket;
  };
  static_assert(sizeof(Cold) == 64);

  ConnectionTable(WorkerId owner, ConnectionTimeouts timeouts, FingerprintBuckets buckets,
                  TableMemory cold);

  [[nodiscard]] Cold& cold(Slot slot) const {
    return reinterpret_cast<Cold*>(cold_.bytes().data() + kTableHeaderLine)[slot];
  }
  [[nodiscard]] FlowHash HashOf(Slot slot) const;
  [[nodiscard]] static Entry EntryAt(Slot slot, std::uint32_t value, CoarseTick now,
                                     const ConnectionTimeouts& timeouts);
  // A slot for a new entry, emptied as P8 says; of kFull, none.
  struct Room {
    Slot slot;
    InsertOutcome outcome;
  };
  // For a hash whose home is full. `random`: for EvictionOrder.
  Room RoomFor(const FlowHash& hash, std::uint32_t random);
  Room RoomByMoves(const FlowHash& hash, const BucketPair& pair, std::uint32_t random);
  Room RoomOfLeast(const BucketPair& pair, std::uint32_t random);
  Room RoomOf(std::size_t bucket, EvictionOrder::Victim victim);
  void Fill(Slot slot, const FlowHash& hash, const ConnectionRecord& record, std::uint32_t value,
            ConnectionPhase phase);
  // True when it is to be counted out: it is counted in.
  bool BeginHalfOpen(const ConnectionRecord& record, ConnectionPhase phase);
  // An entry leaves its phase, or the table.
  void EndHalfOpen(Slot slot);
  InsertOutcome TakeOver(std::size_t home, EvictionOrder::Victim victim, const FlowHash& hash,
                         const ConnectionRecord& record, std::uint32_t value,
                         ConnectionPhase phase);
  void Remove(Slot slot);
  // `value` is a ConnectionValue: it says whose target's.
  void CountIn(const ConnectionRecord& record, std::uint32_t value);
  void CountOut(Slot slot, std::uint32_t value);
  // The entry with `record` takes the place of that in `slot`.
  void CountOver(Slot slot, std::uint32_t old, const ConnectionRecord& record, std::uint32_t value);
  // Of those whose going their record must be asked for (IsNoted()).
  void CountNotedIn(const ConnectionRecord& record, std::uint32_t value);
  void CountNotedOut(Slot slot, std::uint32_t value);
  static bool IsNoted(const ConnectionRecord& record) {
    return record.IsCopy() || record.counts_for_client;
  }
  [[nodiscard]] FlowHash ClientOf(const ConnectionRecord& record) const {
    return clients_->table().HashOf(record.service, record.key.client);
  }
  [[nodiscard]] bool IsInOtherTable(Slot slot) const;
  // False: there is no room.
  bool BeginForClient(const ConnectionRecord& record, std::uint32_t value);
  void SweepBucket(std::size_t index, const SweepRules& rules, SweepResult& result);
  [[nodiscard]] unsigned OutlivedSlots(std::size_t index, const SweepRules& rules) const;
  void SweepStale(Slot slot, const SweepRules& rules, SweepResult& result);
  void SweepCopy(Slot slot, const SweepRules& rules, SweepResult& result);
  [[nodiscard]] bool OriginalLives(Slot slot, const SweepRules& rules) const;

  WorkerId owner_;
  ConnectionTimeouts timeouts_;  // with the slack
  ConnectionTimeouts longest_;   // of all services, with the slack
  bool counts_half_open_ = false;
  std::uint32_t slack_;
  FingerprintBuckets buckets_;
  TableMemory cold_;
  EvictionOrder order_;
  ClientWriter* clients_ = nullptr;
  std::span<const ConnectionTable* const> all_tables_;
  std::size_t nearly_full_;         // entries
  std::size_t sweep_position_ = 0;  // the next bucket
  // Behind a pointer, so that a table can be moved before it is shared.
  struct Sizes {
    Counter originals;
    Counter copies;
    Counter noted;  // entries whose records say more than that they are originals
    std::array<Counter, kMaxServices> half_open;
    // Of the originals, by target slot. Single writer, as a Counter.
    std::array<std::atomic<std::uint32_t>, kMaxTargets> of_target{};

    void Add(std::uint32_t value, std::uint32_t change) {
      std::atomic<std::uint32_t>& count = of_target[TargetHandle::FromRaw(value).slot()];
      count.store(count.load(std::memory_order_relaxed) + change, std::memory_order_relaxed);
    }
  };
  std::unique_ptr<Sizes> sizes_;
};

inline void ConnectionTable::CountIn(const ConnectionRecord& record, std::uint32_t value) {
  if (IsNoted(record)) return CountNotedIn(record, value);
  sizes_->originals.Add(1);
  sizes_->Add(value, 1);
}

inline void ConnectionTable::CountOut(Slot slot, std::uint32_t value) {
  if (IsNoted(cold(slot).record)) return CountNotedOut(slot, value);
  sizes_->originals.Set(sizes_->originals.Read() - 1);
  sizes_->Add(value, std::uint32_t{0} - 1);
}

// Where there are none to be noted, to ask whether one is would be a line for nothing.
inline void ConnectionTable::CountOver(Slot slot, std::uint32_t old, const ConnectionRecord& record,
                                       std::uint32_t value) {
  if (sizes_->noted.Read() == 0 && !IsNoted(record)) {
    sizes_->Add(old, std::uint32_t{0} - 1);
    sizes_->Add(value, 1);
    return;
  }
  CountOut(slot, old);
  CountIn(record, value);
}

inline void ConnectionTable::Remove(Slot slot) {
  const std::uint32_t value = buckets_.Value(slot);
  if (counts_half_open_) [[unlikely]]
    EndHalfOpen(slot);
  if (sizes_->noted.Read() == 0) {
    sizes_->originals.Set(sizes_->originals.Read() - 1);
    sizes_->Add(value, std::uint32_t{0} - 1);
  } else {
    CountOut(slot, value);
  }
  buckets_.Clear(slot);
}

}  // namespace holdfast

#include "tables/connection_insert.h"
