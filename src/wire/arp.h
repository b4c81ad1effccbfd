// ARP for IPv4 over Ethernet (RFC 826, RFC 5227).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/ip_address.h"
#include "base/mac_address.h"
#include "wire/headers.h"
#include "wire/parse.h"

namespace holdfast {

struct ArpMessage {
  ArpOperation operation = ArpOperation::kRequest;
  MacAddress sender_mac;
  IpAddress sender_ip;  // 0.0.0.0 in a probe
  MacAddress target_mac;
  IpAddress target_ip;
};

// Nothing when the frame is too short, not ARP for IPv4 over Ethernet, neither
// request nor reply, or claims a multicast or zero MAC for its sender (RFC 1812,
// 3.3.2).
std::optional<ArpMessage> ParseArp(FrameView frame);

// Turns the request in `frame` into its answer: own_mac has the asked address.
// The length of the frame stays.
// REQUIRES: ParseArp() of the frame gave a request.
void TurnIntoArpReply(std::uint8_t* frame, const MacAddress& own_mac);

// Asks everybody who has `wanted_ip`. Writes kMinimumFrame bytes, returns how many.
// REQUIRES: both addresses are IPv4.
std::size_t WriteArpRequest(std::uint8_t* out60, const MacAddress& own_mac, const IpAddress& own_ip,
                            const IpAddress& wanted_ip);

// Tells everybody that own_mac has `own_ip` now (the announcement of RFC 5227,
// 2.3). Writes kMinimumFrame bytes, returns how many.
// REQUIRES: the address is IPv4.
std::size_t WriteGratuitousArp(std::uint8_t* out60, const MacAddress& own_mac,
                               const IpAddress& own_ip);

}  // namespace holdfast
