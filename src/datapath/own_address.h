// Which of a port's own addresses a neighbour knows.
#pragma once

#include <vector>

#include "base/ip_address.h"

namespace holdfast {

// The own address in whose subnet `neighbour` is; the first one if it is in none.
// REQUIRES: there is one.
inline const IpAddress& OwnAddressFor(const std::vector<IpPrefix>& own,
                                      const IpAddress& neighbour) {
  for (const IpPrefix& prefix : own)
    if (prefix.Contains(neighbour)) return prefix.address;
  return own.front().address;
}

}  // namespace holdfast
