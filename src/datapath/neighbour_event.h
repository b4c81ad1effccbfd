// What a worker tells the management core about a neighbour.
#pragma once

#include "base/ids.h"
#include "base/ip_address.h"
#include "base/mac_address.h"
#include "datapath/message_ring.h"

namespace holdfast {

// An ARP message said so on this port. Not to be believed of strangers.
struct NeighbourEvent {
  IpAddress address;
  MacAddress mac;
  PortIndex port{};
  std::uint8_t reserved = 0;
};
static_assert(sizeof(NeighbourEvent) == 24);

using NeighbourEventRing = MessageRing<NeighbourEvent>;

}  // namespace holdfast
