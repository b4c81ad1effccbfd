// Explainer: says of any packet where it would go, and why, without sending it.
//
// It asks the live tables that the workers ask, by the functions that they call
// (tables/packet_rules.h and the tables' own), in their order. So its answer is what a
// worker does with the packet, as long as nothing changes in between.
//
// Thread: the management loop, which alone gives back what snapshots and affinities are
// made of; connection tables and neighbours are any thread's to read.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "balancing/ring_hash.h"
#include "control/affinity_manager.h"
#include "control/explanation.h"
#include "tables/affinity_table.h"
#include "tables/connection_table.h"
#include "tables/neighbour_table.h"
#include "tables/snapshot.h"

namespace holdfast {

class Explainer {
 public:
  // A port as its neighbours see it.
  struct Port {
    std::string name;
    MacAddress mac;
    std::vector<IpPrefix> addresses;
    std::string kernel_interface = {};  // "": it has none
  };
  // All outlive it.
  struct Sources {
    const SnapshotPublisher* snapshots = nullptr;
    const NeighbourTable* neighbours = nullptr;
    const AffinityManager* affinities = nullptr;
    // Of each worker, by WorkerId.
    std::vector<const ConnectionTable*> connections;
    const ClientTable* clients = nullptr;  // all workers'
    std::vector<const AffinityTable*> affinity_replicas;
    HashKey hash_key;  // of the connection tables
    std::uint64_t ring_seed = 0;
    std::vector<Port> ports;          // by PortIndex
    std::function<CoarseTick()> now;  // the workers' time
  };
  explicit Explainer(Sources sources) : sources_(std::move(sources)) {}

  // INVALID_ARGUMENT: there is no such worker. REQUIRES: addresses of one family.
  [[nodiscard]] absl::StatusOr<Explanation> Explain(const PacketQuestion& question) const;

 private:
  const Sources sources_;
};

}  // namespace holdfast
