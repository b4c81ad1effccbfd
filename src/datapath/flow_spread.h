// FlowSpread: which worker has a frame of a device that has fewer queues than there are workers:
// what RSS would do in hardware.
//
// By addresses and ports, or as the configuration says. Fragments have no ports: all of a
// datagram go by its addresses. What is neither TCP nor UDP stays with who received it.
//
// Thread: the worker.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "config/balancer_config.h"
#include "datapath/handover.h"
#include "datapath/worker_ports.h"
#include "stats/worker_counters.h"
#include "tables/flow_hash.h"
#include "wire/parse.h"

namespace holdfast {

class FlowSpread {
 public:
  FlowSpread(config::Spread spread, const HashKey& key, WorkerId self)
      : spread_(spread), key_(key), self_(self) {}

  // Hands over what is others', of frames that were received by `port`; how many are left, in
  // order, at the beginning. REQUIRES: port.shared_by > 1.
  std::size_t Share(const WorkerPort& port, std::span<rte_mbuf*> frames, Handover& handover,
                    WorkerCounters& counters) const;

  // Nothing: of no flow. Equal for all frames of a flow.
  [[nodiscard]] std::optional<std::uint32_t> HashOf(FrameView frame) const;

 private:
  struct Ends {
    std::uint64_t source = 0;
    std::uint64_t destination = 0;
    std::uint32_t source_port = 0;
    std::uint32_t destination_port = 0;
  };
  [[nodiscard]] std::uint32_t Mixed(const Ends& ends) const;

  const config::Spread spread_;
  const HashKey key_;
  const WorkerId self_;
};

}  // namespace holdfast
