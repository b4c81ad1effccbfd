// The RST for a segment that no connection and no target takes (RFC 9293,
// 3.10.7.1).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/mac_address.h"
#include "wire/parse.h"

namespace holdfast {

// Room for any reset.
inline constexpr std::size_t kLongestTcpReset = 14 + 40 + 20;

// Writes a reset from the VIP to the client, padded to at least kMinimumFrame bytes.
// A segment with ACK is reset at the sequence number that it acknowledges; one
// without is acknowledged up to its end (SYN and FIN count as one byte each).
// Returns the length of the frame; 0 when none may be sent: the packet is not TCP,
// is a RST itself, or came from a group MAC.
// REQUIRES: kLongestTcpReset bytes can be written at `out`; `packet` is what
// ParseFrame() made of `offending`.
std::size_t WriteTcpReset(std::uint8_t* out, FrameView offending, const ParsedPacket& packet,
                          const MacAddress& own_mac);

}  // namespace holdfast
