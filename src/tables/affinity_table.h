// AffinityTable: which target a client's next connections belong to (row P2).
//
// One replica for each worker, looked up once for each connection request. The
// management thread writes all replicas; its own registry holds the whole truth,
// a replica only fingerprints and owners.
//
// A service has a set of selector classes in use (which parts its affinities
// name). A lookup costs one probe for each class in use; a service without
// affinities costs one load and no probe.
//
// Thread roles
//   AffinityTable (const)  the worker that owns the replica; any reader.
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
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/ids.h"
#include "base/ip_address.h"
#include "stats/counter.h"
#include "tables/fingerprint_buckets.h"
#include "tables/flow_hash.h"

namespace holdfast {

// A cell of one service. Ports: 0 is any client port, or the whole service.
struct AffinityKey {
  ServiceSlot service = kNoService;
  IpAddress client;
  std::uint16_t client_port = 0;
  std::uint16_t service_port = 0;
  friend auto operator<=>(const AffinityKey&, const AffinityKey&) = default;
};

class AffinityTable {
 public:
  class Writer;

  // Room for `capacity` cells. `key` may be every replica's.
  static absl::StatusOr<AffinityTable> Create(std::size_t capacity, HashKey key, MemoryKind memory);
  // What the memory of such a table begins with (CheckTable()). Any replica is as good
  // as the others: it has no owner. The classes in use come from the registry.
  static TableHeader HeaderFor(std::size_t capacity, const HashKey& key);

  // A connection request on its way to an answer: the cells that it may belong to.
  struct Question {
    std::array<FlowHash, 4> cells;  // most specific first
    std::size_t size = 0;
  };
  // Prefetches what Find() will look at. Ask for a whole burst of requests, then find
  // the answers.
  [[nodiscard]] Question Ask(ServiceSlot service, const IpAddress& client,
                             std::uint16_t client_port, std::uint16_t service_port) const;

  // The owner for a connection request, most specific cell first (P2): a named
  // client port before any, then a named service port before the whole service.
  // `accept(TargetHandle)` says whether an owner may take the request; one that
  // may not is passed over as if it were not there.
  template <typename Accept>
  [[nodiscard]] std::optional<TargetHandle> Find(const Question& question, Accept&& accept) const;
  template <typename Accept>
  [[nodiscard]] std::optional<TargetHandle> Find(ServiceSlot service, const IpAddress& client,
                                                 std::uint16_t client_port,
                                                 std::uint16_t service_port,
                                                 Accept&& accept) const {
    return Find(Ask(service, client, client_port, service_port), std::forward<Accept>(accept));
  }
  // False when the service has no affinity at all: one load.
  [[nodiscard]] bool InUse(ServiceSlot service) const { return ClassesOf(service) != 0; }
  [[nodiscard]] std::size_t size() const { return size_->Read(); }
  [[nodiscard]] const TableMemory& memory() const { return buckets_.memory(); }
  [[nodiscard]] std::size_t memory_bytes() const { return memory().size(); }

 private:
  // Which ports a cell names, two bits: the order of precedence is 3, 2, 1, 0.
  static constexpr unsigned kNamesServicePort = 1;
  static constexpr unsigned kNamesClientPort = 2;
  static constexpr unsigned kClasses = 4;
  static_assert(std::tuple_size_v<decltype(Question::cells)> == kClasses);

  AffinityTable(FingerprintBuckets buckets, HashKey key);

  static unsigned ClassOf(const AffinityKey& key) {
    return (key.client_port != 0 ? kNamesClientPort : 0) |
           (key.service_port != 0 ? kNamesServicePort : 0);
  }
  // One bit for each class that has cells.
  [[nodiscard]] unsigned ClassesOf(ServiceSlot service) const {
    return classes_[Index(service)].load(std::memory_order_acquire);
  }
  static FlowKey FlowOf(const AffinityKey& key);
  [[nodiscard]] FlowHash HashOf(const AffinityKey& key) const {
    return HashFlow(key_, FlowOf(key));
  }

  FingerprintBuckets buckets_;
  HashKey key_;
  std::unique_ptr<std::atomic<std::uint8_t>[]> classes_;  // by ServiceSlot
  std::unique_ptr<Counter> size_;
};

class AffinityTable::Writer {
 public:
  explicit Writer(AffinityTable& table);
  // False when there is no room: nothing changed. Replaces the owner of a cell
  // that is there.
  bool Insert(const AffinityKey& key, TargetHandle owner);
  // False when the cell was not there.
  bool Erase(const AffinityKey& key);

 private:
  using ClassCounts = std::array<std::uint32_t, kClasses>;

  void CountIn(const AffinityKey& key);
  void CountOut(const AffinityKey& key);
  void PublishClasses(ServiceSlot service);

  AffinityTable& table_;
  std::vector<ClassCounts> counts_;  // by ServiceSlot
};

template <typename Accept>
std::optional<TargetHandle> AffinityTable::Find(const Question& question, Accept&& accept) const {
  for (std::size_t i = 0; i < question.size; ++i) {
    const auto match = buckets_.Find(question.cells[i]);
    if (!match) continue;
    const auto owner = TargetHandle::FromRaw(match->value);
    if (accept(owner)) return owner;
  }
  return std::nullopt;
}

}  // namespace holdfast
