#include "tables/connection_phase.h"

#include <catch2/catch.hpp>
#include <initializer_list>
#include <vector>

namespace holdfast {
namespace {

using Phase = ConnectionPhase;

constexpr SegmentFlags kSyn{.syn = true};
constexpr SegmentFlags kAck{};
constexpr SegmentFlags kPayload{.payload = true};
constexpr SegmentFlags kFin{.fin = true};
constexpr SegmentFlags kRst{.rst = true};

constexpr Phase kTcpPhases[] = {Phase::kOpening, Phase::kAcknowledged, Phase::kEstablished,
                                Phase::kClosing, Phase::kClosed,       Phase::kAdopted};

// Where a connection is after these segments of the client.
Phase After(Phase phase, std::initializer_list<SegmentFlags> segments) {
  for (const SegmentFlags segment : segments) phase = NextPhase(phase, segment);
  return phase;
}

TEST_CASE("P1: a TCP connection opens with the handshake's ACK, and payload proves it",
          "[tables]") {
  const Phase first = FirstPhase(Protocol::kTcp);
  CHECK(first == Phase::kOpening);
  CHECK(After(first, {kAck}) == Phase::kAcknowledged);
  CHECK(After(first, {kPayload}) == Phase::kEstablished);
  CHECK(After(first, {kAck, kPayload}) == Phase::kEstablished);
  CHECK(After(first, {kAck, kAck}) == Phase::kEstablished);
}

TEST_CASE("P1: a repeated SYN, or one on an established connection, changes nothing", "[tables]") {
  for (const Phase phase : kTcpPhases) CHECK(NextPhase(phase, kSyn) == phase);
  CHECK_FALSE(SynStartsAnew(Phase::kOpening));
  CHECK_FALSE(SynStartsAnew(Phase::kAcknowledged));
  CHECK_FALSE(SynStartsAnew(Phase::kEstablished));
  CHECK_FALSE(SynStartsAnew(Phase::kAdopted));
}

TEST_CASE("P1: a SYN on a closing connection is a new request", "[tables]") {
  CHECK(SynStartsAnew(Phase::kClosing));
  CHECK(SynStartsAnew(Phase::kClosed));
}

TEST_CASE("P1: FIN and RST begin the end, from wherever it is", "[tables]") {
  for (const Phase phase : kTcpPhases) {
    CHECK(NextPhase(phase, kFin) == Phase::kClosing);
    CHECK(NextPhase(phase, kRst) == Phase::kClosed);
    CHECK(NextPhase(phase, {.fin = true, .payload = true}) == Phase::kClosing);
    CHECK(NextPhase(phase, {.rst = true, .payload = true}) == Phase::kClosed);
  }
}

TEST_CASE("P1: an ordinary packet restores a connection after FIN or RST", "[tables]") {
  CHECK(After(Phase::kEstablished, {kFin, kPayload}) == Phase::kEstablished);
  CHECK(After(Phase::kEstablished, {kRst, kPayload}) == Phase::kEstablished);
  CHECK(After(Phase::kEstablished, {kRst, kAck}) == Phase::kEstablished);
}

TEST_CASE("P1: the first bare ACK after a FIN ends the close, the second restores", "[tables]") {
  CHECK(After(Phase::kEstablished, {kFin, kAck}) == Phase::kClosed);
  CHECK(After(Phase::kEstablished, {kFin, kAck, kAck}) == Phase::kEstablished);
  CHECK(After(Phase::kEstablished, {kFin, kAck, kPayload}) == Phase::kEstablished);
  CHECK(After(Phase::kEstablished, {kFin, kFin, kAck}) == Phase::kClosed);
}

TEST_CASE("P8: an adopted connection stays unproven, whatever the client sends", "[tables]") {
  CHECK(After(Phase::kAdopted, {kAck}) == Phase::kAdopted);
  CHECK(After(Phase::kAdopted, {kPayload, kPayload}) == Phase::kAdopted);
}

TEST_CASE("P1: of a UDP flow only the second datagram matters", "[tables]") {
  CHECK(FirstPhase(Protocol::kUdp) == Phase::kDatagram);
  CHECK(After(Phase::kDatagram, {kPayload}) == Phase::kDatagrams);
  CHECK(After(Phase::kDatagram, {kPayload, kPayload}) == Phase::kDatagrams);
  CHECK_FALSE(SynStartsAnew(Phase::kDatagrams));
}

TEST_CASE("P8: unfinished ones make room first, then closing, then unproven", "[tables]") {
  struct Row {
    Phase phase;
    EvictionRank rank;
  };
  const Row rows[] = {{Phase::kOpening, EvictionRank::kUnfinished},
                      {Phase::kDatagram, EvictionRank::kUnfinished},
                      {Phase::kClosing, EvictionRank::kClosing},
                      {Phase::kClosed, EvictionRank::kClosing},
                      {Phase::kAcknowledged, EvictionRank::kUnproven},
                      {Phase::kAdopted, EvictionRank::kUnproven},
                      {Phase::kEstablished, EvictionRank::kProven},
                      {Phase::kDatagrams, EvictionRank::kProven}};
  for (const auto& [phase, rank] : rows) {
    CAPTURE(static_cast<int>(phase));
    CHECK(RankOf(phase) == rank);
  }
  CHECK(EvictionRank::kUnfinished < EvictionRank::kClosing);
  CHECK(EvictionRank::kClosing < EvictionRank::kUnproven);
  CHECK(EvictionRank::kUnproven < EvictionRank::kProven);
}

}  // namespace
}  // namespace holdfast
