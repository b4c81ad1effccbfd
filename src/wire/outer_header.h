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
#include <cstring>

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
  void WriteL2(std::uint8_t* frame) const { std::memcpy(frame, bytes_.data(), kMacs); }
  // REQUIRES: `frame` begins kIpipGrowth bytes before the Ethernet header of what
  // came. `inner_length` is the inner IPv4 header's; together with the outer one it
  // is at most 65535 bytes.
  void WriteIpip(std::uint8_t* frame, std::uint16_t inner_length) const {
    const std::uint8_t tos =
        frame[kIpipGrowth + sizeof(EthernetHeader) + offsetof(Ipv4Header, tos)];
    const auto length = static_cast<std::uint16_t>(inner_length + sizeof(Ipv4Header));
    const BigEndian16 total_length(length);
    std::uint32_t sum = std::uint32_t{sum_} + length + tos;
    sum = (sum & 0xffff) + (sum >> 16);
    const BigEndian16 checksum(static_cast<std::uint16_t>(~(sum + (sum >> 16))));
    std::uint8_t* const ip = frame + sizeof(EthernetHeader);
    std::memcpy(frame, bytes_.data(), kBytes);
    ip[offsetof(Ipv4Header, tos)] = tos;
    std::memcpy(ip + offsetof(Ipv4Header, total_length), &total_length, sizeof total_length);
    std::memcpy(ip + offsetof(Ipv4Header, checksum), &checksum, sizeof checksum);
  }

 private:
  static constexpr std::size_t kMacs = 12;  // bytes of both addresses
  static constexpr std::size_t kBytes = sizeof(EthernetHeader) + sizeof(Ipv4Header);

  std::array<std::uint8_t, kBytes> bytes_{};
  std::uint16_t sum_ = 0;  // of the outer header's words, without length, TOS and checksum
};

}  // namespace holdfast
