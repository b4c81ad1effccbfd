// FrameGlance: what a person asks first of a frame, as far as its headers say it, whatever else
// is wrong with it.
//
// Any thread; no byte outside the view is read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/ip_address.h"
#include "wire/parse.h"

namespace holdfast {

struct FrameGlance {
  struct Ports {
    std::uint16_t source = 0;
    std::uint16_t destination = 0;
  };

  std::uint16_t ether_type = 0;  // behind a VLAN tag
  bool has_addresses = false;    // of IP; and of ARP: who asks for whom
  IpAddress source;
  IpAddress destination;
  std::uint8_t protocol = 0;  // of IP, behind extension headers
  bool is_later_fragment = false;
  std::optional<Ports> ports = std::nullopt;  // of TCP and UDP
  std::uint8_t tcp_flags = 0;

  static FrameGlance At(FrameView frame);
  [[nodiscard]] bool is_ip() const;
  [[nodiscard]] bool is_icmp() const;  // of either family
  // "tcp 198.51.100.7:40000 > 192.0.2.1:80 SYN", "arp 10.0.0.2 > 10.0.0.1", "ethertype 0x88cc".
  [[nodiscard]] std::string ToString() const;
};

}  // namespace holdfast
