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
#include <optional>

#include "absl/status/statusor.h"
#include "base/ids.h"
#include "base/ip_address.h"
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
  // Room for `capacity` cells.
  static absl::StatusOr<AffinityTable> Create(std::size_t capacity, HashKey key, MemoryKind memory);

  // The owner for a connection request, most specific cell first (P2): a named
  // client port before any, then a named service port before the whole service.
  // `accept(TargetHandle)` says whether an owner may take the request; one that
  // may not is passed over as if it were not there.
  template <typename Accept>
  [[nodiscard]] std::optional<TargetHandle> Find(ServiceSlot service, const IpAddress& client,
                                                 std::uint16_t client_port,
                                                 std::uint16_t service_port, Accept&& accept) const;
  // False when the service has no affinity at all: one load.
  [[nodiscard]] bool InUse(ServiceSlot service) const;
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::size_t memory_bytes() const;

  class Writer;
};

class AffinityTable::Writer {
 public:
  explicit Writer(AffinityTable& table) : table_(table) {}
  // False when there is no room: nothing changed. Replaces the owner of a cell
  // that is there.
  bool Insert(const AffinityKey& key, TargetHandle owner);
  // False when the cell was not there.
  bool Erase(const AffinityKey& key);

 private:
  AffinityTable& table_;
};

}  // namespace holdfast
