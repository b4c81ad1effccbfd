// AffinityTable: which target a client's next connections belong to (row P2).
//
// One replica for each worker, looked up once for each connection request. The
// management thread writes all replicas; its own registry holds the whole truth,
// a replica only fingerprints and owners.
//
// A service has a set of kinds of cells in use (base/cell_kinds.h: how long the
// prefix, which ports it names). A lookup costs one probe for each kind in use; a
// service without affinities costs one load and no probe.
//
// Holes (A12) are entries of their own: the owner of a hole is passed over for
// everything that wins less than the hole.
//
// Thread roles
//   AffinityTable (const)  the worker that owns the replica; any reader.
//   NoteServed()           the worker that owns the replica.
//   AffinityTable::Writer  the management thread.
//
// Visibility (row A1)
//   When Writer::Insert() or Erase() has returned, a lookup that starts
//   afterwards, on any thread that learned of the return, sees it.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/affinity_cell.h"
#include "base/cell_kinds.h"
#include "base/ids.h"
#include "base/ip_address.h"
#include "stats/counter.h"
#include "tables/fingerprint_buckets.h"
#include "tables/flow_hash.h"

namespace holdfast {

class AffinityTable {
 public:
  class Writer;

  // Room for `capacity` cells. `key` may be every replica's.
  static absl::StatusOr<AffinityTable> Create(std::size_t capacity, HashKey key, MemoryKind memory);
  // What the memory of such a table begins with (CheckTable()). Any replica is as good
  // as the others: it has no owner. The kinds in use come from the registry.
  static TableHeader HeaderFor(std::size_t capacity, const HashKey& key);

  // A connection request on its way to an answer: the cells that it may belong to. So many
  // kinds are asked for ahead; a service with more has the rest looked up one by one.
  struct Question {
    static constexpr std::size_t kAhead = 8;
    std::array<FlowHash, kAhead> hashes;  // most specific first
    std::array<CellKind, kAhead> kinds;
    std::uint8_t size = 0;
    AffinityCell request;  // names both ports
  };
  // Prefetches what Find() will look at. Ask for a whole burst of requests, then find
  // the answers.
  [[nodiscard]] Question Ask(ServiceSlot service, const IpAddress& client,
                             std::uint16_t client_port, std::uint16_t service_port) const;

  struct Owner {
    TargetHandle target;
    bool extends = false;  // tell by NoteServed() when a request follows it (A19)
    FlowHash cell;
  };
  // The owner for a connection request, most specific cell first (P2): longest prefix, then
  // a named client port before any, then a named service port before the whole service.
  // `accept(TargetHandle)` says whether an owner may take the request; one that
  // may not is passed over as if it were not there.
  template <typename Accept>
  [[nodiscard]] std::optional<Owner> Find(const Question& question, Accept&& accept) const;
  template <typename Accept>
  [[nodiscard]] std::optional<Owner> Find(ServiceSlot service, const IpAddress& client,
                                          std::uint16_t client_port, std::uint16_t service_port,
                                          Accept&& accept) const {
    return Find(Ask(service, client, client_port, service_port), std::forward<Accept>(accept));
  }
  // A request followed it: its clock is to restart. One store, if the second is a new one.
  void NoteServed(const Owner& owner) const;
  // False when the service has no affinity at all: one load.
  [[nodiscard]] bool InUse(ServiceSlot service) const {
    return in_use_[Index(service)].load(std::memory_order_acquire);
  }
  [[nodiscard]] std::size_t size() const { return size_->Read(); }
  [[nodiscard]] const TableMemory& memory() const { return buckets_.memory(); }
  [[nodiscard]] std::size_t memory_bytes() const {
    return memory().size() + buckets_.slot_count() * sizeof(std::uint32_t);
  }

 private:
  // One for each family: a kind of IPv6 means nothing to a client of IPv4.
  struct ServiceKinds {
    CellKinds v4;
    CellKinds v6;
  };
  // Whose wider cells are passed over, because of a hole.
  class Excluded {
   public:
    // False: there is no room, which nobody can be sure of then.
    bool Add(TargetHandle owner) {
      if (size_ == owners_.size()) return false;
      owners_[size_++] = owner;
      return true;
    }
    [[nodiscard]] bool Has(TargetHandle owner) const {
      for (std::size_t i = 0; i < size_; ++i)
        if (owners_[i] == owner) return true;
      return false;
    }

   private:
    std::array<TargetHandle, 16> owners_;
    std::size_t size_ = 0;
  };
  static constexpr std::uint32_t kExtends = 1U << 16;  // beside the handle
  static_assert(TargetHandle::kBits <= 16);

  AffinityTable(FingerprintBuckets buckets, HashKey key);

  [[nodiscard]] const CellKinds& KindsOf(const AffinityCell& cell) const {
    const ServiceKinds& kinds = kinds_[Index(cell.service)];
    return cell.client.IsV4() ? kinds.v4 : kinds.v6;
  }
  static FlowKey FlowOf(const AffinityCell& cell);
  [[nodiscard]] FlowHash HashOf(const AffinityCell& cell) const {
    return HashFlow(key_, FlowOf(cell));
  }
  // Both are true when that ends the search: Consider() with `owner`, or either without one,
  // because there are more holes than can be kept in mind.
  template <typename Accept>
  bool Consider(const FlowHash& hash, const Question& question, CellKind kind, Accept& accept,
                Excluded& excluded, std::optional<Owner>& owner) const;
  bool ExcludeOwners(const AffinityCell& first_hole, TargetHandle first, Excluded& excluded) const;

  FingerprintBuckets buckets_;
  HashKey key_;
  std::unique_ptr<ServiceKinds[]> kinds_;        // by ServiceSlot
  std::unique_ptr<std::atomic<bool>[]> in_use_;  // by ServiceSlot
  // By slot: in which second of the writer's clock a request was served last; 0: none yet.
  std::unique_ptr<std::atomic<std::uint32_t>[]> served_;
  std::unique_ptr<std::atomic<std::uint32_t>> second_;
  std::unique_ptr<Counter> size_;
};

class AffinityTable::Writer {
 public:
  explicit Writer(AffinityTable& table);
  // False when there is no room: nothing changed. Replaces the owner of a cell that is
  // there. `extends`: workers note the requests that it serves.
  bool Insert(const AffinityCell& cell, TargetHandle owner, bool extends = false);
  // False when the cell was not there.
  bool Erase(const AffinityCell& cell);
  // What workers note as the time, in seconds: not 0.
  void SetSecond(std::uint32_t second) { table_.second_->store(second, std::memory_order_relaxed); }
  // The last second in which a request was served by it since it was inserted; 0: in none.
  [[nodiscard]] std::uint32_t LastServed(const AffinityCell& cell) const;

 private:
  struct ServiceCounts {
    CellKindCounts v4;
    CellKindCounts v6;
    std::uint64_t cells = 0;
  };
  void CountIn(const AffinityCell& cell);
  void CountOut(const AffinityCell& cell);
  CellKindCounts& CountsOf(const AffinityCell& cell);
  CellKinds& KindsOf(const AffinityCell& cell);
  void Publish(ServiceSlot service);

  AffinityTable& table_;
  std::vector<std::unique_ptr<ServiceCounts>> counts_;  // by ServiceSlot; none before the first
};

template <typename Accept>
bool AffinityTable::Consider(const FlowHash& hash, const Question& question, CellKind kind,
                             Accept& accept, Excluded& excluded,
                             std::optional<Owner>& owner) const {
  const auto match = buckets_.Find(hash);
  if (!match) return false;
  const auto target = TargetHandle::FromRaw(match->value);
  if (kind.IsHole()) return ExcludeOwners(kind.Around(question.request), target, excluded);
  if (excluded.Has(target) || !accept(target)) return false;
  owner = Owner{target, (match->value & kExtends) != 0, hash};
  return true;
}

template <typename Accept>
std::optional<AffinityTable::Owner> AffinityTable::Find(const Question& question,
                                                        Accept&& accept) const {
  std::optional<Owner> owner;
  Excluded excluded;
  for (std::size_t i = 0; i < question.size; ++i)
    if (Consider(question.hashes[i], question, question.kinds[i], accept, excluded, owner))
      return owner;
  if (question.size < Question::kAhead) return owner;
  const CellKind last = question.kinds[Question::kAhead - 1];
  KindsOf(question.request).ForEach(last, [&](CellKind kind) {
    return kind != last &&
           Consider(HashOf(kind.Around(question.request)), question, kind, accept, excluded, owner);
  });
  return owner;
}

}  // namespace holdfast
