// ConnectionPhase: how far a connection is, as seen from one direction (row P1).
//
// Replies go straight to the client, so only the client's packets are seen, and
// nobody here can check sequence numbers. A FIN or RST therefore only shortens
// the idle timeout; a later ordinary packet restores it. The one exception: the
// first bare ACK after a FIN is the end of an ordinary close and restores nothing.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/flow_key.h"
#include "base/segment_flags.h"

namespace holdfast {

// In pairs of the same EvictionRank, first to last: a phase's number says its rank.
enum class ConnectionPhase : std::uint8_t {
  kOpening,       // TCP: SYN seen, nothing after it
  kDatagram,      // UDP: one packet seen
  kClosing,       // TCP: FIN seen; the next bare ACK may be the last one
  kClosed,        // TCP: RST seen, or FIN and an ACK after it
  kAcknowledged,  // TCP: one packet after the SYN, without payload: the handshake's ACK.
                  // The server may speak first: open, though not proven (row P8)
  kAdopted,       // TCP: taken up in the middle (row P5)
  kEstablished,   // TCP: a SYN, and more than the handshake's ACK
  kDatagrams,     // UDP: more than one
};

// By NumberOf(). The names are an API.
inline constexpr std::array<std::string_view, 8> kConnectionPhaseNames = {
    "opening",      "datagram", "closing",     "closed",
    "acknowledged", "adopted",  "established", "datagrams"};

constexpr std::uint32_t NumberOf(ConnectionPhase phase) {
  return static_cast<std::uint32_t>(phase);
}

constexpr ConnectionPhase FirstPhase(Protocol protocol) {
  return protocol == Protocol::kTcp ? ConnectionPhase::kOpening : ConnectionPhase::kDatagram;
}

// The rule, as it is meant; NextPhase() is its table.
constexpr ConnectionPhase PhaseAfter(ConnectionPhase phase, SegmentFlags segment) {
  using enum ConnectionPhase;
  if (phase == kDatagram || phase == kDatagrams) return kDatagrams;
  if (segment.rst) return kClosed;
  if (segment.fin) return kClosing;
  if (segment.syn || phase == kAdopted) return phase;
  if (phase == kOpening && !segment.payload) return kAcknowledged;
  if (phase == kClosing && !segment.payload) return kClosed;
  return kEstablished;
}

namespace phase_detail {

struct Row {
  ConnectionPhase after[SegmentFlags::kPhaseIndices];
};
constexpr std::array<Row, 8> MakeRows() {
  std::array<Row, 8> rows{};
  for (unsigned phase = 0; phase < rows.size(); ++phase)
    for (unsigned flags = 0; flags < SegmentFlags::kPhaseIndices; ++flags)
      rows[phase].after[flags] =
          PhaseAfter(static_cast<ConnectionPhase>(phase), {.fin = (flags & 1) != 0,
                                                           .syn = (flags & 2) != 0,
                                                           .rst = (flags & 4) != 0,
                                                           .payload = (flags & 8) != 0});
  return rows;
}
inline constexpr std::array<Row, 8> kRows = MakeRows();

}  // namespace phase_detail

constexpr ConnectionPhase NextPhase(ConnectionPhase phase, SegmentFlags segment) {
  return phase_detail::kRows[static_cast<unsigned>(phase)].after[segment.phase_index()];
}

// A SYN on a connection in this phase is a new connection request.
constexpr bool SynStartsAnew(ConnectionPhase phase) {
  return phase == ConnectionPhase::kClosing || phase == ConnectionPhase::kClosed;
}

// Which entries make room when a table is full, first to last (row P8).
enum class EvictionRank : std::uint8_t { kUnfinished, kClosing, kUnproven, kProven };

template <typename Number>  // std::uint32_t or a vector of them
constexpr Number RankNumberOf(Number phase) {
  return phase >> 1;
}
constexpr EvictionRank RankOf(ConnectionPhase phase) {
  return static_cast<EvictionRank>(RankNumberOf(NumberOf(phase)));
}

}  // namespace holdfast
