// What the answers that the balancer makes up itself have in common.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/mac_address.h"
#include "wire/headers.h"
#include "wire/parse.h"

namespace holdfast {

// What stands before an answer at most: Ethernet and IPv6.
inline constexpr std::size_t kLongestAnswerHeaders = sizeof(EthernetHeader) + sizeof(Ipv6Header);

// False when the source MAC is a group's: an answer would reach many (P6).
// REQUIRES: `frame` holds an Ethernet header.
bool CameFromOneHost(FrameView frame);

// Writes `ip` with its checksum. Options, if its header length has room for any,
// must be at `bytes` already.
void StoreWithChecksum(std::uint8_t* bytes, Ipv4Header ip);

// What an answer says, and how.
struct AnswerContent {
  std::uint8_t protocol = 0;
  std::size_t length = 0;  // of what follows the IP header
  std::uint8_t tos = 0;    // or traffic class
};

// Writes the Ethernet and IP headers, without options, of an answer to `offending`, in its
// family: from the address it was sent to, to the one it came from, TTL 64, not to be
// fragmented. Returns their length.
// REQUIRES: `packet` is what ParseFrame() made of `offending`, with addresses;
// kLongestAnswerHeaders can be written at `out`, which is not `offending`.
std::size_t WriteAnswerHeaders(std::uint8_t* out, FrameView offending, const ParsedPacket& packet,
                               const MacAddress& own_mac, const AnswerContent& content);

// The checksum of the `content` at `bytes`, as it goes back to the sender of `packet`. Its own
// field must be zero. ICMP over IPv4 has no pseudo header.
BigEndian16 AnswerChecksum(const std::uint8_t* bytes, const ParsedPacket& packet,
                           const AnswerContent& content);

}  // namespace holdfast
