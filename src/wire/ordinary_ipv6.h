// ParseOrdinaryIpv6: what ParseOrdinary() (ordinary_packet.h) is for IPv4: an IPv6 packet
// without extension headers, TCP or UDP, nothing wrong with its headers.
//
// Any thread; no byte outside the view is read.
#pragma once

#include <cstdint>
#include <cstring>

#include "base/flow_key.h"
#include "base/segment_flags.h"
#include "wire/ordinary_packet.h"
#include "wire/parse.h"

namespace holdfast {

namespace ordinary {

// Offsets into a frame of Ethernet and an IPv6 header.
inline constexpr std::size_t kEtherType = 12;
inline constexpr std::size_t kIpv6 = 14;
inline constexpr std::size_t kPayloadLength = 18;
inline constexpr std::size_t kNextHeader = 20;
inline constexpr std::size_t kIpv6Source = 22;
inline constexpr std::size_t kIpv6Destination = 38;
inline constexpr std::size_t kIpv6Segment = 54;
inline constexpr std::size_t kShortestIpv6 = kIpv6Segment + 8;

// EtherType and version, as they lie in the memory of a little-endian machine.
inline bool IsIpv6(const std::uint8_t* frame) {
  return (At<std::uint32_t>(frame, kEtherType) & 0x00f0'ffff) == 0x0060'dd86;
}
// Those that are no host's on a wire all begin so: ::, ::1, IPv4-mapped ones.
inline bool MayBeSpecial(const std::uint8_t* address) { return At<std::uint64_t>(address, 0) == 0; }

inline IpAddress::Bytes AddressAt(const std::uint8_t* bytes) {
  return At<IpAddress::Bytes>(bytes, 0);
}

}  // namespace ordinary

// False when it is not ordinary: `key` and `segment` mean nothing then.
inline bool ParseOrdinaryIpv6(FrameView frame, const OwnMac& own_mac, FlowKey& key,
                              SegmentFlags& segment) {
  using namespace ordinary;
  const std::uint8_t* const bytes = frame.data;
  if (frame.length < kShortestIpv6 || !IsIpv6(bytes)) return false;
  if (!own_mac.IsDestination(bytes) || own_mac.MayBeSource(bytes)) [[unlikely]]
    return false;
  if (MayBeSpecial(bytes + kIpv6Source) || MayBeSpecial(bytes + kIpv6Destination)) [[unlikely]]
    return false;
  const std::uint32_t length = __builtin_bswap16(At<std::uint16_t>(bytes, kPayloadLength));
  if (kIpv6Segment + length > frame.length) [[unlikely]]
    return false;
  const std::uint8_t protocol = bytes[kNextHeader];
  key = {.client = IpAddress::FromV6(AddressAt(bytes + kIpv6Source)),
         .vip = IpAddress::FromV6(AddressAt(bytes + kIpv6Destination)),
         .client_port = __builtin_bswap16(At<std::uint16_t>(bytes, kIpv6Segment)),
         .vip_port = __builtin_bswap16(At<std::uint16_t>(bytes, kIpv6Segment + 2)),
         .protocol = Protocol(protocol)};
  return ordinary::ParseSegment(protocol, bytes + kIpv6Segment, length, segment);
}

}  // namespace holdfast
