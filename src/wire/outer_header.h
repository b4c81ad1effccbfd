// OuterHeader: the Ethernet header, and for ipip the outer IPv4 header, that every
// packet for one target gets: written once, completed for each packet.
//
// IPv4 in IPv4 (RFC 2003): the outer header has no options, TTL 64 and "do not
// fragment" (so its identification says nothing, RFC 6864); the TOS is the inner
// one's. The inner packet stays as it came, its TTL too: as with l2, a frame that
// comes back is known by its MAC.
#pragma once

#include <smmintrin.h>

#include <array>
#include <bit>
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

  OuterHeader() = default;
  // For l2 alone.
  OuterHeader(const MacAddress& destination, const MacAddress& source);
  // `from` and `to` are IPv4; they matter for ipip only.
  OuterHeader(const MacAddress& destination, const MacAddress& source, const IpAddress& from,
              const IpAddress& to);

  // Over the frame's own Ethernet header.
  void WriteL2(std::uint8_t* frame) const { std::memcpy(frame, bytes_.data(), kMacs); }
  // With what IpipCompletion has of the inner header.
  // REQUIRES: `frame` begins kIpipGrowth bytes before the Ethernet header of what
  // came. The inner packet and the outer header together are at most 65535 bytes.
  void WriteIpip(std::uint8_t* frame, std::uint32_t first_word, std::uint32_t inner_sum) const {
    std::uint16_t own_sum;
    std::memcpy(&own_sum, &bytes_[kSum], sizeof own_sum);
    const std::uint32_t sum = own_sum + inner_sum;
    // Both halves are added, the carry too, in the upper one.
    const auto checksum = static_cast<std::uint16_t>(~(sum + std::rotl(sum, 16)) >> 16);
    constexpr std::size_t kIp = sizeof(EthernetHeader);
    __m128i ip = _mm_loadu_si128(reinterpret_cast<const __m128i*>(&bytes_[kIp]));
    ip = _mm_insert_epi32(ip, static_cast<int>(first_word), 0);
    ip = _mm_insert_epi16(ip, checksum, offsetof(Ipv4Header, checksum) / 2);
    std::memcpy(frame, bytes_.data(), sizeof ip);  // two bytes too many
    _mm_storeu_si128(reinterpret_cast<__m128i*>(frame + kIp), ip);
    std::memcpy(frame + kIp + sizeof ip, &bytes_[kIp + sizeof ip], sizeof(Ipv4Header) - sizeof ip);
  }

 private:
  static constexpr std::size_t kMacs = 12;  // bytes of both addresses
  static constexpr std::size_t kBytes = sizeof(EthernetHeader) + sizeof(Ipv4Header);

  // In the checksum's place, the sum of the outer header's words as they lie in memory, without
  // length, TOS and checksum: a sum of RFC 1071 is right in any order of bytes.
  static constexpr std::size_t kSum = sizeof(EthernetHeader) + offsetof(Ipv4Header, checksum);
  std::array<std::uint8_t, kBytes> bytes_{};
};

}  // namespace holdfast
