// How a packet gets to an address: by which port, and to which neighbour first.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "config/balancer_config.h"

namespace holdfast::config {

struct Way {
  std::size_t port = 0;              // index into `ports`
  std::optional<IpPrefix> subnet;    // of the port, in which the address is
  std::optional<IpAddress> gateway;  // without a subnet: the neighbour who knows more
};

// The longest prefix counts, as in any routing table: a subnet, and no route, where both
// are as long; a gateway of a port has none. Nothing when there is no way.
std::optional<Way> WayTo(const IpAddress& address, const std::vector<Port>& ports,
                         const std::vector<Route>& routes);

// "10.0.0.1/24 on lan0, ...": for who may choose an address.
std::string SubnetsOf(const std::vector<Port>& ports);

}  // namespace holdfast::config
