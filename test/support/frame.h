// Frame: the bytes of a frame in a test, from its destination MAC on, and how to
// put them together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "base/mac_address.h"

namespace holdfast {

using Frame = std::vector<std::uint8_t>;

// Source and destination MAC of every frame that does not say otherwise.
inline constexpr MacAddress kClientMac{{0x02, 0, 0, 0, 0, 0xc1}};
inline constexpr MacAddress kBalancerMac{{0x02, 0, 0, 0, 0, 0xb1}};

// In network order, the low bits of `value`.
inline void Append8(Frame& frame, unsigned value) {
  frame.push_back(static_cast<std::uint8_t>(value));
}
inline void Append16(Frame& frame, unsigned value) {
  Append8(frame, value >> 8);
  Append8(frame, value);
}
inline void Append32(Frame& frame, std::uint32_t value) {
  Append16(frame, value >> 16);
  Append16(frame, value);
}
template <typename Bytes>
void AppendAll(Frame& frame, const Bytes& bytes) {
  frame.insert(frame.end(), bytes.begin(), bytes.end());
}

// An Ethernet header.
Frame EthernetFrame(const MacAddress& destination, const MacAddress& source, unsigned ether_type);
// `frame` with bytes that are not zero up to `padded_to`, then cut.
Frame Sized(Frame frame, std::size_t padded_to, std::optional<std::size_t> truncated_to);
// The address that `text` names; the test dies if it names none.
IpAddress AddressNamed(std::string_view text);

// RFC 1071 as its text has it: 16 bits at a time. Over bytes that hold their own
// checksum it is zero when that is right.
std::uint16_t ReferenceChecksum(const Frame& bytes);
// The same over the pseudo header and the TCP or UDP segment of a frame without
// IP options.
std::uint16_t ReferenceSegmentChecksum(const Frame& frame);

}  // namespace holdfast
