// FlowKey: the five-tuple of a connection as the client opened it.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "base/ip_address.h"

namespace holdfast {

// IANA's numbers, as in the IP header. Services are of TCP and UDP alone; ICMP's are those of
// pings that go to a target (EchoMap): the client's port is their identifier.
enum class Protocol : std::uint8_t { kIcmp = 1, kTcp = 6, kUdp = 17, kIcmpV6 = 58 };

constexpr bool HasPorts(Protocol protocol) {
  return protocol == Protocol::kTcp || protocol == Protocol::kUdp;
}

// "tcp", "udp", "icmp" or "icmpv6".
absl::string_view ProtocolName(Protocol protocol);

struct FlowKey {
  IpAddress client;
  IpAddress vip;
  std::uint16_t client_port = 0;  // host order
  std::uint16_t vip_port = 0;     // host order
  Protocol protocol = Protocol::kTcp;

  // "tcp 198.51.100.7:40000 > 192.0.2.1:80", "icmp 198.51.100.7 > 192.0.2.1, identifier 7"
  [[nodiscard]] std::string ToString() const;
  friend constexpr auto operator<=>(const FlowKey&, const FlowKey&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const FlowKey& key) {
    return H::combine(std::move(h), key.client, key.vip, key.client_port, key.vip_port,
                      key.protocol);
  }
};

}  // namespace holdfast
