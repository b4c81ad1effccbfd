// ConnectionPhase: how far a connection is, as seen from one direction (row P1).
//
// Replies go straight to the client, so only the client's packets are seen, and
// nobody here can check sequence numbers. A FIN or RST therefore only shortens
// the idle timeout; a later ordinary packet restores it. The one exception: the
// first bare ACK after a FIN is the end of an ordinary close and restores nothing.
#pragma once

#include <cstdint>

#include "base/flow_key.h"

namespace holdfast {

// In the order of ConnectionTimeouts: phases that share one are neighbours.
enum class ConnectionPhase : std::uint8_t {
  kOpening,       // TCP: SYN seen, nothing after it
  kAcknowledged,  // TCP: one packet after the SYN, without payload: the handshake's ACK.
                  // The server may speak first: open, though not proven (row P8)
  kEstablished,   // TCP: more than that
  kAdopted,       // TCP: taken up in the middle (row P5)
  kClosing,       // TCP: FIN seen; the next bare ACK may be the last one
  kClosed,        // TCP: RST seen, or FIN and an ACK after it
  kDatagram,      // UDP: one packet seen
  kDatagrams,     // UDP: more than one
};

// What of a packet matters to the phase.
struct SegmentKind {
  bool syn = false;
  bool fin = false;
  bool rst = false;
  bool payload = false;
};

ConnectionPhase FirstPhase(Protocol protocol);
ConnectionPhase NextPhase(ConnectionPhase phase, SegmentKind segment);

// A SYN on a connection in this phase is a new connection request.
constexpr bool SynStartsAnew(ConnectionPhase phase) {
  return phase == ConnectionPhase::kClosing || phase == ConnectionPhase::kClosed;
}

// Which entries make room when a table is full, first to last (row P8).
enum class EvictionRank : std::uint8_t { kUnfinished, kClosing, kUnproven, kProven };

// By table, not by branches: a full table asks it ten times for each connection.
constexpr EvictionRank RankOf(ConnectionPhase phase) {
  constexpr EvictionRank kRanks[] = {
      EvictionRank::kUnfinished,  // kOpening
      EvictionRank::kUnproven,    // kAcknowledged
      EvictionRank::kProven,      // kEstablished
      EvictionRank::kUnproven,    // kAdopted
      EvictionRank::kClosing,     // kClosing
      EvictionRank::kClosing,     // kClosed
      EvictionRank::kUnfinished,  // kDatagram
      EvictionRank::kProven,      // kDatagrams
  };
  return kRanks[static_cast<unsigned>(phase)];
}

}  // namespace holdfast
