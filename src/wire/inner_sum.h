// The sum (RFC 1071) of an IP packet with a checksum of its own, without reading its payload.
//
// A segment whose checksum is right sums up, with its pseudo header, to nothing: so what it is
// without is known from that header alone. Where it is wrong, the sum is wrong by as much, and
// who checks the outer checksum drops what would be dropped anyhow.
#pragma once

#include <cstddef>
#include <cstdint>

#include "wire/tunnel_header.h"

namespace holdfast {

// Of 16-bit words in network order; an odd byte counts as the first of one.
std::uint64_t SumOfWords(const void* bytes, std::size_t length);

constexpr std::uint16_t FoldedSum(std::uint64_t sum) {
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>((sum & 0xffff) + (sum >> 16));
}

// Of the whole packet. What has no checksum, or none that is known, is read.
std::uint64_t InnerSum(const InnerPacket& inner);

}  // namespace holdfast
