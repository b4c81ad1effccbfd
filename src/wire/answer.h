// What the answers that the balancer makes up itself have in common.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/mac_address.h"
#include "wire/headers.h"
#include "wire/parse.h"

namespace holdfast {

// False when the source MAC is a group's: an answer would reach many (P6).
// REQUIRES: `frame` holds an Ethernet header.
bool CameFromOneHost(FrameView frame);

// Writes `ip` with its checksum. Options, if its header length has room for any,
// must be at `bytes` already.
void StoreWithChecksum(std::uint8_t* bytes, Ipv4Header ip);

// The IPv4 header, without options, of an answer to `offending`: from the address
// it was sent to, to the one it came from, TTL 64, not to be fragmented.
// `length` is in bytes, of what follows the header.
Ipv4Header AnswerTo(const Ipv4Header& offending, std::uint8_t protocol, std::size_t length);

}  // namespace holdfast
