// What a host knows of the addresses that it has on a port, each with its subnet.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/ip_address.h"

namespace holdfast {

// The own address in whose subnet `neighbour` is, by which that one knows us; if it is in
// none, the first one of its family, else the first one. REQUIRES: there is one.
inline const IpAddress& OwnAddressFor(const std::vector<IpPrefix>& own,
                                      const IpAddress& neighbour) {
  for (const IpPrefix& prefix : own)
    if (prefix.Contains(neighbour)) return prefix.address;
  for (const IpPrefix& prefix : own)
    if (prefix.address.IsV4() == neighbour.IsV4()) return prefix.address;
  return own.front().address;
}

inline bool IsOwnAddress(const std::vector<IpPrefix>& own, const IpAddress& address) {
  return std::any_of(own.begin(), own.end(),
                     [&](const IpPrefix& prefix) { return prefix.address == address; });
}

// The broadcast address of one of the subnets: nobody's own.
inline bool IsBroadcastAddress(const std::vector<IpPrefix>& own, const IpAddress& address) {
  return std::any_of(own.begin(), own.end(),
                     [&](const IpPrefix& prefix) { return prefix.Broadcast() == address; });
}

// Nobody's own IPv4 address, in host order: 0/8, 127/8, a multicast group, 255.255.255.255,
// or that of the destination.
constexpr bool IsMartianSource(std::uint32_t source, std::uint32_t destination) {
  const std::uint32_t network = source >> 24;
  return network == 0 || network == 127 || network >> 4 == 0xe || source == 0xffffffff ||
         source == destination;
}

// The same of either family; of IPv6 ::, ::1, a multicast group and IPv4-mapped addresses, which
// are never on a wire (RFC 4291, RFC 6890).
inline bool IsMartianSource(const IpAddress& source, const IpAddress& destination) {
  if (source.IsV4() && destination.IsV4()) return IsMartianSource(source.V4(), destination.V4());
  return source.IsV4() || source.IsUnspecified() || source.IsLoopback() || source.IsMulticast() ||
         source == destination;
}

}  // namespace holdfast
