// What a worker tells the management core about a neighbour.
#pragma once

#include "base/ids.h"
#include "base/ip_address.h"
#include "base/mac_address.h"
#include "datapath/message_ring.h"

namespace holdfast {

// What an ARP or neighbour discovery message said on this port. Not to be believed of
// strangers.
struct NeighbourEvent {
  enum class Kind : std::uint8_t {
    kHeard,       // the address is at this MAC
    kHeardAgain,  // the same, but not if it was at another one before (RFC 4861, 7.2.5)
    kClaimsOurs,  // the address is ours, and another host says that it has it
  };

  IpAddress address;
  MacAddress mac;
  PortIndex port{};
  Kind kind = Kind::kHeard;
};
static_assert(sizeof(NeighbourEvent) == 24);

using NeighbourEventRing = MessageRing<NeighbourEvent>;

}  // namespace holdfast
