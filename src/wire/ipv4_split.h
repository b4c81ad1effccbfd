// Ipv4Split: an IPv4 packet that is too long for the way on, and may be fragmented, in pieces
// (RFC 791, 3.2).
//
// Every piece but the last one carries a multiple of eight bytes. Later pieces keep the options
// that are to be copied; no-operations stand for the others. What is a fragment already can be
// split once more.
#pragma once

#include <cstddef>
#include <cstdint>

#include "wire/headers.h"

namespace holdfast {

// IPv6 may not (RFC 8200, 5). REQUIRES: an IP header is at `packet`.
inline bool MayBeSplit(const std::uint8_t* packet, bool is_ipv4) {
  return is_ipv4 && (Load<Ipv4Header>(packet).flags_and_offset.value() & kIpv4DontFragment) == 0;
}

class Ipv4Split {
 public:
  // REQUIRES: a whole packet of `length` bytes with a right header is at `packet`, without "do
  // not fragment"; `longest` has room for its header and eight bytes more.
  Ipv4Split(const std::uint8_t* packet, std::size_t length, std::size_t longest);

  [[nodiscard]] std::size_t count() const { return (payload_ + step_ - 1) / step_; }
  // Writes piece `i` at `out`, not longer than `longest`; returns its length.
  std::size_t Write(std::size_t i, std::uint8_t* out) const;

 private:
  const std::uint8_t* packet_;
  Ipv4Header header_;
  std::size_t header_length_;
  std::size_t payload_;
  std::size_t step_;  // of payload, for each piece
};

}  // namespace holdfast
