// Ipv4Tuple: the five-tuple of an IPv4 flow in sixteen bytes, as its headers have
// it: what a packet on the common path is known by. FlowKey is the general form.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/flow_key.h"

namespace holdfast {

struct alignas(16) Ipv4Tuple {
  // Addresses and ports in network order; the sender's half, the receiver's half.
  std::uint32_t client = 0;
  std::uint16_t client_port = 0;
  std::uint8_t reserved = 0;
  std::uint8_t family = 4;  // no block of an IPv6 flow has the same bytes
  std::uint32_t vip = 0;
  std::uint16_t vip_port = 0;
  Protocol protocol = Protocol::kTcp;
  std::uint8_t reserved_too = 0;

  // Stands for a flow that is IPv6 where nearly all are IPv4: its ports and protocol.
  static constexpr Ipv4Tuple InPlaceOf(const FlowKey& key) {
    return {.client_port = __builtin_bswap16(key.client_port),
            .family = 6,
            .vip_port = __builtin_bswap16(key.vip_port),
            .protocol = key.protocol};
  }
  // The key that InPlaceOf() was made of, but for its addresses: with these.
  [[nodiscard]] constexpr FlowKey KeyWith(const IpAddress& from, const IpAddress& to) const {
    return {.client = from,
            .vip = to,
            .client_port = __builtin_bswap16(client_port),
            .vip_port = __builtin_bswap16(vip_port),
            .protocol = protocol};
  }
  [[nodiscard]] constexpr bool is_ipv4() const { return family == 4; }
  // REQUIRES: both addresses are IPv4.
  static constexpr Ipv4Tuple Of(const FlowKey& key) {
    return {.client = __builtin_bswap32(key.client.V4()),
            .client_port = __builtin_bswap16(key.client_port),
            .vip = __builtin_bswap32(key.vip.V4()),
            .vip_port = __builtin_bswap16(key.vip_port),
            .protocol = key.protocol};
  }
  [[nodiscard]] constexpr FlowKey Key() const {
    return KeyWith(IpAddress::FromV4(__builtin_bswap32(client)),
                   IpAddress::FromV4(__builtin_bswap32(vip)));
  }
  // The receiver's half in one word: what a service is known by.
  [[nodiscard]] std::uint64_t endpoint() const {
    std::uint64_t word;
    std::memcpy(&word, &vip, sizeof word);
    return word;
  }
  friend constexpr bool operator==(const Ipv4Tuple&, const Ipv4Tuple&) = default;
};
static_assert(sizeof(Ipv4Tuple) == 16 && offsetof(Ipv4Tuple, vip) == 8);

}  // namespace holdfast
