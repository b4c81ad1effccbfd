// MethodChooser: places one worker's connection requests by the methods that do not ask
// the ring for their five-tuple (P4): whose turn it is, who has the fewest connections,
// where the client's address belongs.
//
// Workers choose on their own. Each has its own turn, and begins at another place, so
// that several do not send their connections to the same target in step. Connections are
// counted by whoever remembers them; all may read the counts.
//
// Thread: the worker. The static functions: any.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/ids.h"
#include "base/ip_address.h"
#include "tables/connection_table.h"
#include "tables/snapshot.h"

namespace holdfast {

class MethodChooser {
 public:
  // `tables` are those of all workers.
  MethodChooser(WorkerId self, std::span<const ConnectionTable* const> tables,
                std::uint64_t ring_seed);

  // What is chosen from now on is chosen by the counts as they are now; each choice counts
  // as a connection until the next call.
  void CountAnew() { ++generation_; }
  // Nothing when the service has no target that takes new requests.
  // REQUIRES: LeavesRing().
  [[nodiscard]] std::optional<TargetHandle> Choose(ServiceSlot slot, const ServiceView& service,
                                                   const IpAddress& client);

  // Where a client's address has its place on the service's ring (kSourceHash); nothing
  // when that is empty.
  static std::optional<TargetHandle> PlaceOfClient(const MaglevRing& ring, const IpAddress& client,
                                                   std::uint64_t ring_seed);
  // A target's connections in all tables (kLeastConnections).
  static std::uint32_t ConnectionsOf(std::span<const ConnectionTable* const> tables,
                                     TargetHandle target);

 private:
  struct Count {
    std::uint32_t generation = 0;
    std::uint32_t connections = 0;
  };

  [[nodiscard]] std::optional<TargetHandle> WhoseTurn(ServiceSlot slot, const TurnSchedule& turns);
  [[nodiscard]] std::optional<TargetHandle> Least(ServiceSlot slot, const LeastConnections& least);
  // The place that it goes on from, of `size`.
  std::uint32_t& CursorOf(ServiceSlot slot, std::uint32_t size);
  // Asked of the tables once, however many requests ask.
  Count& CountOf(TargetHandle target);

  const std::span<const ConnectionTable* const> tables_;
  const std::uint64_t ring_seed_;
  const std::uint32_t start_;  // where it begins, as a fraction of 2^32
  std::uint32_t generation_ = 0;
  std::vector<std::uint32_t> cursors_;  // by ServiceSlot
  std::vector<Count> counts_;           // by target slot
};

}  // namespace holdfast
