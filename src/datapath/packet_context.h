// PacketContext: what the stages know of one packet that no connection of this worker
// has. Half a cache line; its tuple and hash are beside it, in the batch.
#pragma once

#include <cstdint>
#include <optional>

#include "base/ids.h"
#include "base/ipv4_tuple.h"
#include "base/segment_flags.h"
#include "stats/worker_counters.h"
#include "tables/connection_phase.h"
#include "tables/connection_table.h"
#include "tables/snapshot.h"

struct rte_mbuf;

namespace holdfast {

// Where a packet is on its way. Only an open one is asked further questions.
enum class PacketState : std::uint8_t {
  kOpen,        // nothing decided yet
  kDecided,     // has a target
  kRefused,     // no target takes it (P6)
  kDropped,     // given up, with a reason
  kHandedOver,  // another worker has it
};

struct PacketContext {
  rte_mbuf* mbuf = nullptr;
  TargetLine* line = nullptr;  // of its target, once decided; valid until the batch is finished

  Destination destination;
  // Of what another worker's table knows (P5): which worker's, and how far it is.
  std::uint16_t original = ConnectionRecord::kNoOriginal;
  ConnectionPhase original_phase = ConnectionPhase::kOpening;

  SegmentFlags segment;
  std::uint8_t number = 0;  // among the flows of its batch
  PacketState state = PacketState::kOpen;
  Step step = Step::kConnection;  // what decided
  bool is_request = false;        // a connection request, as far as is known by now
  bool had_entry = false;         // its five-tuple is another connection's in the table
  std::optional<Decision> decision = std::nullopt;  // of a connection request

  void Decide(TargetLine& to, Step by) {
    state = PacketState::kDecided;
    line = &to;
    step = by;
  }
  void Refuse() { state = PacketState::kRefused; }
};
static_assert(sizeof(PacketContext) == 32);

}  // namespace holdfast
