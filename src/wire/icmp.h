// ICMP that the balancer answers and sends (RFC 792, RFC 1122).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/mac_address.h"
#include "wire/parse.h"

namespace holdfast {

// What a port unreachable quotes at most: an ICMP datagram of 576 bytes (RFC 1812,
// 4.3.2.3).
inline constexpr std::size_t kLongestQuote = 548;
// Room for any port unreachable, with Ethernet, IPv4 and ICMP headers.
inline constexpr std::size_t kLongestPortUnreachable = 14 + 20 + 8 + kLongestQuote;

// True for an echo request (type 8, code 0) with a right ICMP checksum that came
// from a single host's MAC.
// REQUIRES: `packet` is what ParseFrame() made of `frame`, of kind kIcmp.
bool IsValidEchoRequest(FrameView frame, const ParsedPacket& packet);

// Turns the request in `frame` into its answer: MACs and addresses change places,
// TTL 64, checksums right. The length stays. IP options go back as they came; a
// source route is not reversed.
// REQUIRES: IsValidEchoRequest().
void TurnIntoEchoReply(std::uint8_t* frame, const ParsedPacket& packet, const MacAddress& own_mac);

// Writes the answer to a UDP datagram for a port that nobody serves, from the VIP
// to the client, TOS 0xC0, TTL 64. It quotes the datagram from its IP header on,
// as much as kLongestQuote and `capacity` allow.
// Returns the length of the frame; 0 when none may be sent: the packet is not UDP
// or came from a group MAC, or `capacity` has no room for the IP header and the
// eight bytes after it.
// REQUIRES: `packet` is what ParseFrame() made of `offending`.
std::size_t WritePortUnreachable(std::uint8_t* out, std::size_t capacity, FrameView offending,
                                 const ParsedPacket& packet, const MacAddress& own_mac);

}  // namespace holdfast
