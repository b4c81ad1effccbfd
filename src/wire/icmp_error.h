// ICMP and ICMPv6 errors, and the packet that each is about (RFC 792, RFC 4443).
//
// Any thread; no byte outside the view is read.
#pragma once

#include <cstdint>
#include <optional>

#include "base/ip_address.h"
#include "wire/parse.h"

namespace holdfast {

// The packet that an error quotes: one that its receiver is said to have sent.
struct QuotedPacket {
  IpAddress source;
  IpAddress destination;
  std::uint8_t protocol = 0;
  std::uint16_t source_port = 0;  // TCP and UDP
  std::uint16_t destination_port = 0;
  // Of "fragmentation needed" and "packet too big", the next hop's; 0: it is neither, or the
  // router did not say (RFC 1191, 4).
  std::uint32_t mtu = 0;
  bool is_too_big = false;
  // Where it lies in the frame: its IP header, and what is behind that.
  std::uint16_t ip_offset = 0;
  std::uint16_t upper_offset = 0;

  [[nodiscard]] bool has_ports() const {
    return protocol == static_cast<std::uint8_t>(Protocol::kTcp) ||
           protocol == static_cast<std::uint8_t>(Protocol::kUdp);
  }
};

// Nothing when it is no error (destination unreachable, packet too big, time exceeded, parameter
// problem), its checksum is wrong, or it does not quote a whole IP header and, of TCP and UDP,
// the ports. Routers need quote no more than eight bytes behind the IP header.
// REQUIRES: `packet` is what ParseFrame() made of `frame`, of kind kIcmp or kIcmpV6.
std::optional<QuotedPacket> ParseIcmpError(FrameView frame, const ParsedPacket& packet);

}  // namespace holdfast
