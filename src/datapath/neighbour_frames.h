// What is said to neighbours, by ARP or neighbour discovery as the address has it.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/ip_address.h"
#include "base/mac_address.h"

namespace holdfast {

// A port as its neighbours see it.
struct PortIdentity {
  MacAddress mac;
  std::vector<IpPrefix> addresses;
  std::string name = {};
};

// Sends a frame by a port; it may be lost on the way. False when it could not even be
// sent: then the next turn tries again.
using SendFrame = std::function<bool(PortIndex, std::span<const std::uint8_t>)>;

// Asks who has `wanted`.
bool SendQuestion(const SendFrame& send, PortIndex port, const PortIdentity& self,
                  const IpAddress& wanted);
// Says that `address` is here.
bool SendAnnouncement(const SendFrame& send, PortIndex port, const PortIdentity& self,
                      const IpAddress& address);

}  // namespace holdfast
