// Neighbour discovery for IPv6 over Ethernet: who has an address, and who says so
// (RFC 4861, RFC 2464). Routers' messages and redirects are none of our business.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/ip_address.h"
#include "base/mac_address.h"
#include "wire/headers.h"
#include "wire/parse.h"

namespace holdfast {

inline constexpr std::uint8_t kNeighbourSolicitation = 135;
inline constexpr std::uint8_t kNeighbourAdvertisement = 136;
// Where nobody's router can have been (RFC 4861, 7.1).
inline constexpr std::uint8_t kHopLimitOfNeighbours = 255;

struct NeighbourMessage {
  bool is_solicitation = false;  // else an advertisement
  bool is_solicited = false;     // an advertisement that answers
  bool overrides = false;        // an advertisement that may replace what was known
  IpAddress source;              // "::": asks whether the target is free (RFC 4862, 5.4.2)
  IpAddress target;
  // Of the source of a solicitation, of the target of an advertisement.
  std::optional<MacAddress> mac;
};

// The type says that it is one of the two.
// REQUIRES: `packet` is what ParseFrame() made of `frame`, ICMPv6.
bool IsNeighbourMessage(FrameView frame, const ParsedPacket& packet);

// Nothing when it breaks a rule of RFC 4861, 7.1.1 or 7.1.2: a hop limit that is not 255,
// a wrong checksum, a code, less than 24 bytes, a multicast target, an option without
// length or beyond the end, a probe for a free address that goes elsewhere than to its
// group or names a MAC, an answer to a group; or when it has more than sixteen options, or
// names a MAC that is no single host's.
// REQUIRES: IsNeighbourMessage().
std::optional<NeighbourMessage> ParseNeighbourMessage(FrameView frame, const ParsedPacket& packet);

// Those with an address that ends as this one (RFC 4291, 2.7.1).
IpAddress SolicitedNodeGroup(const IpAddress& address);
// The MAC address of an IPv6 group (RFC 2464, 7).
MacAddress MacOfGroup(const IpAddress& group);

// All that we write have this length: a MAC address is the only option.
inline constexpr std::size_t kNeighbourFrame = 14 + 40 + 24 + 8;

// Asks who has `wanted_ip`. REQUIRES: kNeighbourFrame bytes can be written; so for all below.
void WriteNeighbourSolicitation(std::uint8_t* out, const MacAddress& own_mac,
                                const IpAddress& own_ip, const IpAddress& wanted_ip);

// Answers a solicitation that came in a frame from `sender`: own_mac has the target. To one
// who asks whether the address is free, all are answered (RFC 4861, 7.2.4).
void WriteNeighbourAdvertisement(std::uint8_t* out, const MacAddress& own_mac,
                                 const NeighbourMessage& solicitation, const MacAddress& sender);

// Tells everybody that own_mac has `own_ip` now (RFC 4861, 7.2.6).
void WriteUnsolicitedAdvertisement(std::uint8_t* out, const MacAddress& own_mac,
                                   const IpAddress& own_ip);

}  // namespace holdfast
