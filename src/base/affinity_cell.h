// AffinityCell: the unit in which affinities are judged, kept and followed (rows A and P2):
// one service or one of its ports, one client or prefix of clients, one client port or any.
#pragma once

#include <compare>
#include <cstdint>

#include "base/ids.h"
#include "base/ip_address.h"

namespace holdfast {

struct AffinityCell {
  ServiceSlot service = kNoService;
  IpAddress client;                // no bit set among the last `host_bits`
  std::uint16_t client_port = 0;   // 0: any
  std::uint16_t service_port = 0;  // 0: the whole service
  // How many of the client's last bits are open: 0 is one host, 8 of IPv4 a /24.
  std::uint8_t host_bits = 0;
  // 0: an affinity. Else no affinity, but what was cut out of the wider ones of its owner
  // (A12). Several owners can have holes at one place: they are numbered from 1 on.
  std::uint8_t hole = 0;

  [[nodiscard]] constexpr bool is_hole() const { return hole != 0; }

  [[nodiscard]] constexpr IpPrefix client_prefix() const {
    return {client, client.HostPrefixLength() - host_bits};
  }
  // The same place as the hole of that number, or with 0 as an affinity.
  [[nodiscard]] constexpr AffinityCell AsHole(std::uint8_t number = 1) const {
    AffinityCell cell = *this;
    cell.hole = number;
    return cell;
  }
  // Its prefix, its service part and its port part each equal `other`'s or are wider.
  [[nodiscard]] constexpr bool Contains(const AffinityCell& other) const {
    return service == other.service && host_bits >= other.host_bits &&
           client.IsV4() == other.client.IsV4() && client == other.client.WithoutLast(host_bits) &&
           (client_port == 0 || client_port == other.client_port) &&
           (service_port == 0 || service_port == other.service_port);
  }

  friend constexpr auto operator<=>(const AffinityCell&, const AffinityCell&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const AffinityCell& cell) {
    return H::combine(std::move(h), cell.service, cell.client, cell.client_port, cell.service_port,
                      cell.host_bits, cell.hole);
  }
};

}  // namespace holdfast
