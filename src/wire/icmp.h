// ICMP and ICMPv6 that the balancer answers and sends (RFC 792, RFC 1122, RFC 4443).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/mac_address.h"
#include "wire/headers.h"
#include "wire/parse.h"

namespace holdfast {

// What an ICMP error quotes at most: so that its datagram has 576 bytes (RFC 1812, 4.3.2.3).
inline constexpr std::size_t kLongestQuote = 548;
// The same of ICMPv6: 1280 bytes (RFC 4443, 2.4 (c)).
inline constexpr std::size_t kLongestIpv6Quote = 1232;
// Room for any ICMP error, with Ethernet, IP and ICMP headers.
inline constexpr std::size_t kLongestIcmpError = 14 + 40 + 8 + kLongestIpv6Quote;

// REQUIRES: `packet` is what ParseFrame() made of `frame`, of kind kIcmp or kIcmpV6.
bool HasGoodIcmpChecksum(FrameView frame, const ParsedPacket& packet);

// True for an echo request (type 8 or 128, code 0) with a right ICMP checksum that came
// from a single host's MAC. REQUIRES: as of HasGoodIcmpChecksum().
bool IsValidEchoRequest(FrameView frame, const ParsedPacket& packet);

// Turns the request in `frame` into its answer: MACs and addresses change places,
// TTL 64, checksums right. The length stays. IP options and extension headers go back as
// they came; a source route is not reversed.
// REQUIRES: IsValidEchoRequest().
void TurnIntoEchoReply(std::uint8_t* frame, const ParsedPacket& packet, const MacAddress& own_mac);

// Writes the ICMP or ICMPv6 error `icmp` about `offending`, from the address that it was for to
// its sender, class 0xC0, TTL 64. It quotes the packet from its IP header on, as much as its
// family and `capacity` allow.
// Returns the length of the frame; 0 when none may be sent: the packet came from a group MAC,
// or `capacity` has no room for the IP header and the eight bytes after it.
// REQUIRES: `packet` is what ParseFrame() made of `offending`, with addresses and a segment.
std::size_t WriteIcmpError(std::uint8_t* out, std::size_t capacity, FrameView offending,
                           const ParsedPacket& packet, const MacAddress& own_mac, IcmpHeader icmp);

// The answer to a packet that is too long for the way to its target: "fragmentation needed" (RFC
// 1191) or "packet too big" (RFC 4443, 3.2); `mtu`: the longest that may come.
std::size_t WritePacketTooBig(std::uint8_t* out, std::size_t capacity, FrameView offending,
                              const ParsedPacket& packet, const MacAddress& own_mac,
                              std::uint32_t mtu);

// The answer to a UDP datagram for a port that nobody serves; 0 also when it is not UDP.
std::size_t WritePortUnreachable(std::uint8_t* out, std::size_t capacity, FrameView offending,
                                 const ParsedPacket& packet, const MacAddress& own_mac);

}  // namespace holdfast
