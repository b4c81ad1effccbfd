// PacketContext: what the stages know of one packet.
#pragma once

#include <cstdint>
#include <optional>

#include "base/ids.h"
#include "stats/worker_counters.h"
#include "tables/connection_phase.h"
#include "tables/connection_table.h"
#include "tables/flow_hash.h"
#include "tables/snapshot.h"
#include "wire/parse.h"

struct rte_mbuf;

namespace holdfast {

// Where a packet is on its way. Only an open one is asked further questions.
enum class PacketState : std::uint8_t {
  kOpen,      // nothing decided yet
  kDecided,   // has a target
  kRefused,   // no target takes it (P6)
  kReply,     // has become an answer to its sender; leaves by the port it came from
  kConsumed,  // was for the balancer; nothing leaves
  kDropped,   // given up, with a reason
};

struct PacketContext {
  rte_mbuf* mbuf = nullptr;
  PacketState state = PacketState::kOpen;
  ParsedPacket parsed;

  // Of a packet for a service.
  ServiceSlot service = kNoService;
  bool is_request = false;  // a connection request, as far as is known by now
  FlowHash hash;

  // Once a stage decided. `target` is the snapshot's: valid in this turn only.
  const TargetView* target = nullptr;
  Step step = Step::kConnection;
  std::optional<Decision> decision;  // of a connection request

  // Of what another worker's table knows (P5): which worker's, and how far it is.
  std::uint16_t original = ConnectionRecord::kNoOriginal;
  ConnectionPhase original_phase = ConnectionPhase::kOpening;

  std::uint32_t frame_length = 0;  // of a kDecided, when it left: its mbuf may be gone
  Reply reply = Reply::kArpReply;  // of a kReply: which

  [[nodiscard]] bool open() const { return state == PacketState::kOpen; }
  [[nodiscard]] bool IsTcpRequest() const { return parsed.tcp.syn && !parsed.tcp.ack; }
  [[nodiscard]] SegmentKind segment() const {
    return {.syn = parsed.tcp.syn,
            .fin = parsed.tcp.fin,
            .rst = parsed.tcp.rst,
            .payload = parsed.tcp.payload};
  }

  void Decide(const TargetView& to, Step by) {
    state = PacketState::kDecided;
    target = &to;
    step = by;
  }
  void Refuse() { state = PacketState::kRefused; }
  void BecomeReply(Reply kind) {
    state = PacketState::kReply;
    reply = kind;
  }
};

// P1: whether this packet, on this entry of its five-tuple, is a new connection's
// first and not one of the connection that the entry remembers.
inline bool BeginsAnew(const PacketContext& packet, const ConnectionTable::Entry& entry) {
  if (packet.parsed.key.protocol == Protocol::kUdp) return entry.expired;
  return packet.IsTcpRequest() && (entry.expired || SynStartsAnew(entry.phase));
}

}  // namespace holdfast
