// SegmentFlags: what of a TCP segment matters to a balancer. Of a UDP datagram,
// only `payload` is ever set. A packet that is about a connection and none of its own (an ICMP
// error, a later fragment) is `passive` and nothing else: it goes where the connection goes and
// changes nothing (P5).
#pragma once

#include <bit>
#include <cstdint>

namespace holdfast {

// One byte, in the order of the TCP header's flags; payload takes PSH's place.
struct SegmentFlags {
  bool fin : 1 = false;
  bool syn : 1 = false;
  bool rst : 1 = false;
  bool payload : 1 = false;
  bool ack : 1 = false;
  bool passive : 1 = false;
  std::uint8_t reserved : 2 = 0;

  static constexpr SegmentFlags FromByte(std::uint8_t byte) {
    return std::bit_cast<SegmentFlags>(byte);
  }
  // `flags` as in the TCP header.
  static constexpr SegmentFlags Of(std::uint8_t flags, bool has_payload) {
    constexpr std::uint8_t kPayload = 0x08;
    constexpr std::uint8_t kFinSynRstAck = 0x17;
    return FromByte(
        static_cast<std::uint8_t>((flags & kFinSynRstAck) | (has_payload ? kPayload : 0)));
  }

  // Neither opens nor ends anything, and is a packet of the connection itself.
  [[nodiscard]] constexpr bool plain() const {
    return (std::bit_cast<std::uint8_t>(*this) & kNotPlain) == 0;
  }
  static constexpr std::uint8_t kNotPlain = 0x27;  // fin, syn, rst, passive
  // Asks for a new connection.
  [[nodiscard]] constexpr bool OpensConnection() const { return syn && !ack; }
  // What ConnectionPhase depends on: all but `ack`, as a number below kPhaseIndices.
  [[nodiscard]] constexpr unsigned phase_index() const {
    return std::bit_cast<std::uint8_t>(*this) & (kPhaseIndices - 1);
  }
  static constexpr unsigned kPhaseIndices = 16;

  friend constexpr bool operator==(SegmentFlags, SegmentFlags) = default;
};
static_assert(sizeof(SegmentFlags) == 1);

}  // namespace holdfast
