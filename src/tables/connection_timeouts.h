// ConnectionTimeouts: how long a connection without packets is remembered, by phase.
#pragma once

#include <algorithm>
#include <cstdint>

#include "tables/connection_phase.h"

namespace holdfast {

// In seconds, each below 8 h.
struct ConnectionTimeouts {
  std::uint32_t tcp_opening = 30;        // kOpening
  std::uint32_t tcp_established = 7800;  // kAcknowledged, kEstablished, kAdopted
  std::uint32_t tcp_closing = 60;        // kClosing, kClosed
  std::uint32_t udp = 180;               // kDatagram, kDatagrams

  // How old the last packet that was noted of a busy connection may be: until then its
  // packets change nothing in its entry, so that few of them store anything.
  [[nodiscard]] std::uint32_t Slack() const {
    return std::min({tcp_established / 16, udp / 16, std::uint32_t{8}});
  }
  // So that nobody is forgotten early for that.
  [[nodiscard]] ConnectionTimeouts WithSlack() const {
    ConnectionTimeouts with = *this;
    with.tcp_established += Slack();
    with.udp += Slack();
    return with;
  }

  friend constexpr bool operator==(const ConnectionTimeouts&, const ConnectionTimeouts&) = default;

  [[nodiscard]] std::uint32_t Of(ConnectionPhase phase) const { return OfNumber(NumberOf(phase)); }
  // `Number` is std::uint32_t or a vector of them: chosen and not branched to, so that
  // it can be asked for many entries at once.
  template <typename Number>
  [[nodiscard]] Number OfNumber(Number phase) const {
    constexpr std::uint32_t kPair = ~std::uint32_t{1};
    static_assert((NumberOf(ConnectionPhase::kClosed) & kPair) ==
                  NumberOf(ConnectionPhase::kClosing));
    const Number established = Number{} + tcp_established;
    const Number early =
        phase == NumberOf(ConnectionPhase::kOpening) ? Number{} + tcp_opening : established;
    const Number tcp =
        (phase & kPair) == NumberOf(ConnectionPhase::kClosing) ? Number{} + tcp_closing : early;
    const auto datagram = (phase == NumberOf(ConnectionPhase::kDatagram)) |
                          (phase == NumberOf(ConnectionPhase::kDatagrams));
    return datagram ? Number{} + udp : tcp;
  }
};

}  // namespace holdfast
