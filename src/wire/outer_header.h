// OuterHeader: the Ethernet header, and for ipip the outer IPv4 header, that every
// packet for one target gets: written once, completed for each packet.
//
// IPv4 in IPv4 (RFC 2003): the outer header has no options, TTL 64 and "do not
// fragment" (so its identification says nothing, RFC 6864); the TOS is the inner
// one's. The inner packet stays as it came, its TTL too: as with l2, a frame that
// comes back is known by its MAC.
#pragma once

#include <immintrin.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/ip_address.h"
#include "base/mac_address.h"
#include "wire/headers.h"

namespace holdfast {

class OuterHeader {
 public:
  // What is put before the inner IPv4 header, less the Ethernet header that was there.
  static constexpr std::size_t kIpipGrowth = sizeof(Ipv4Header);
  // And what a frame has before the inner IPv4 header then.
  static constexpr std::size_t kIpipFrame = sizeof(EthernetHeader) + kIpipGrowth;

  OuterHeader() = default;
  // `from` and `to` are IPv4; they matter for ipip only.
  OuterHeader(const MacAddress& destination, const MacAddress& source, const IpAddress& from,
              const IpAddress& to);

  // Over the frame's own Ethernet header.
  void WriteL2(std::uint8_t* frame) const { std::memcpy(frame, bytes_.data(), kMacs); }
  // What the outer header needs of the inner one.
  struct Inner {
    std::uint32_t length = 0;  // IPv4 total length
    std::uint8_t tos = 0;
  };
  // REQUIRES: `frame` holds an Ethernet and an IPv4 header.
  static Inner InnerOf(const std::uint8_t* frame) {
    const std::uint8_t* const ip = frame + sizeof(EthernetHeader);
    std::uint16_t length;
    std::memcpy(&length, ip + offsetof(Ipv4Header, total_length), sizeof length);
    return {.length = __builtin_bswap16(length), .tos = ip[offsetof(Ipv4Header, tos)]};
  }
  // REQUIRES: `frame` begins kIpipGrowth bytes before the Ethernet header of what
  // came. The inner packet and the outer header together are at most 65535 bytes.
  void WriteIpip(std::uint8_t* frame, const Inner& inner) const {
    const std::uint32_t length = inner.length + sizeof(Ipv4Header);
    std::uint32_t sum = std::uint32_t{sum_} + length + inner.tos;
    sum = (sum & 0xffff) + (sum >> 16);
    const auto checksum = static_cast<std::uint16_t>(~(sum + (sum >> 16)));
    // TOS is byte 15 of the frame, the length bytes 16 and 17, the checksum 24 and 25.
    __m128i first = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes_.data()));
    __m128i second = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes_.data() + 16));
    first = _mm_insert_epi8(first, inner.tos, 15);
    second = _mm_insert_epi16(second, __builtin_bswap16(static_cast<std::uint16_t>(length)), 0);
    second = _mm_insert_epi16(second, __builtin_bswap16(checksum), 4);
    std::memcpy(frame + 32, bytes_.data() + 32, kBytes - 32);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(frame), first);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(frame + 16), second);
  }

 private:
  static constexpr std::size_t kMacs = 12;  // bytes of both addresses
  static constexpr std::size_t kBytes = sizeof(EthernetHeader) + sizeof(Ipv4Header);

  std::array<std::uint8_t, kBytes> bytes_{};
  std::uint16_t sum_ = 0;  // of the outer header's words, without length, TOS and checksum
};

}  // namespace holdfast
