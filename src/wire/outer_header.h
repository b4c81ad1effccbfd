// OuterHeader: the Ethernet header, and for ipip the outer IPv4 header, that every
// packet for one target gets: written once, completed for each packet.
//
// IPv4 in IPv4 (RFC 2003): the outer header has no options, TTL 64 and "do not
// fragment" (so its identification says nothing, RFC 6864); the TOS is the inner
// one's. The inner packet stays as it came, its TTL too: as with l2, a frame that
// comes back is known by its MAC.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/ip_address.h"
#include "base/mac_address.h"
#include "wire/headers.h"

namespace holdfast {

class OuterHeader {
 public:
  // What is put before the inner IPv4 header, less the Ethernet header that was there.
  static constexpr std::size_t kIpipGrowth = sizeof(Ipv4Header);

  OuterHeader() = default;
  // `from` and `to` are IPv4; they matter for ipip only.
  OuterHeader(const MacAddress& destination, const MacAddress& source, const IpAddress& from,
              const IpAddress& to);

  // Over the frame's own Ethernet header.
  void WriteL2(std::uint8_t* frame) const;
  // REQUIRES: `frame` begins kIpipGrowth bytes before the Ethernet header of what
  // came. `inner_length` and `tos` are of the inner IPv4 header; together with the
  // outer one it is at most 65535 bytes.
  void WriteIpip(std::uint8_t* frame, std::uint16_t inner_length, std::uint8_t tos) const;

 private:
  static constexpr std::size_t kMacs = 12;  // bytes of both addresses

  std::array<std::uint8_t, sizeof(EthernetHeader) + sizeof(Ipv4Header)> bytes_{};
  std::uint32_t checksum_ = 0;  // sum of the outer header, without length, TOS and checksum
};

}  // namespace holdfast
