// OuterHeader: the Ethernet header, and for ipip and gue the outer IPv4 header, that every
// packet for one target gets: written once, completed for each packet.
//
// In IPv4 (RFC 2003, RFC 4213; with UDP between, tunnel_header.h): the outer header has no options,
// TTL 64 and "do not fragment" (so its identification says nothing, RFC 6864); the TOS is the inner
// one's. The inner packet stays as it came, its TTL too: as with l2, a frame that
// comes back is known by its MAC.
#pragma once

#include <smmintrin.h>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/forwarding_mode.h"
#include "base/ip_address.h"
#include "base/mac_address.h"
#include "wire/gue_source_port.h"
#include "wire/headers.h"

namespace holdfast {

class OuterHeader {
 public:
  // What is put before the inner IPv4 header, less the Ethernet header that was there.
  static constexpr std::size_t kIpipGrowth = sizeof(Ipv4Header);
  static constexpr std::size_t kGueGrowth = kIpipGrowth + sizeof(UdpHeader);

  OuterHeader() = default;
  // For l2 alone.
  OuterHeader(const MacAddress& destination, const MacAddress& source);
  // `from` and `to` are IPv4.
  OuterHeader(const MacAddress& destination, const MacAddress& source, const IpAddress& from,
              const IpAddress& to, std::uint16_t gue_port = kGuePort);

  // Over the frame's own Ethernet header.
  void WriteL2(std::uint8_t* frame) const { std::memcpy(frame, bytes_.data(), kMacs); }
  // With what IpipCompletion has of the inner header, which is of this protocol.
  // REQUIRES: `frame` begins kIpipGrowth bytes before the Ethernet header of what
  // came. The inner packet and the outer header together are at most 65535 bytes.
  template <std::uint8_t kInside = kProtocolIpv4>
  void WriteIpip(std::uint8_t* frame, std::uint32_t first_word, std::uint32_t inner_sum) const {
    WriteIpv4<kInside>(frame, first_word, inner_sum + SumOf(kInside));
  }
  // The same with kGueGrowth. `entropy`: for GueSourcePort().
  void WriteGue(std::uint8_t* frame, std::uint32_t first_word, std::uint32_t inner_sum,
                std::uint32_t entropy) const {
    // With the length, in host order, in the lower half: it does not overflow.
    const std::uint32_t first = __builtin_bswap32(first_word) + std::uint32_t{sizeof(UdpHeader)};
    constexpr std::uint32_t kLonger = sizeof(UdpHeader) << 8;
    WriteIpv4<kProtocolUdp>(frame, __builtin_bswap32(first),
                            inner_sum + kLonger + SumOf(kProtocolUdp));
    std::uint16_t port;
    std::memcpy(&port, &bytes_[kGuePortAt], sizeof port);
    const std::uint32_t length_and_no_checksum = (first - std::uint32_t{sizeof(Ipv4Header)}) << 16;
    const std::uint64_t udp =
        __builtin_bswap64(std::uint64_t{GueSourcePort(entropy)} << 48 | length_and_no_checksum) |
        std::uint32_t{port} << 16;
    std::memcpy(frame + kBytes, &udp, sizeof udp);
  }

 private:
  // What the protocol adds to the sum of a header whose protocol is IPv4, in the order of bytes
  // that kSum has.
  static constexpr std::uint32_t SumOf(std::uint8_t protocol) {
    return (std::uint32_t{protocol} - kProtocolIpv4) << 8;
  }
  template <std::uint8_t kProtocol>
  [[gnu::always_inline]] void WriteIpv4(std::uint8_t* frame, std::uint32_t first_word,
                                        std::uint32_t inner_sum) const {
    std::uint16_t own_sum;
    std::memcpy(&own_sum, &bytes_[kSum], sizeof own_sum);
    const std::uint32_t sum = own_sum + inner_sum;
    // Both halves are added, the carry too, in the upper one.
    const auto checksum = static_cast<std::uint16_t>(~(sum + std::rotl(sum, 16)) >> 16);
    constexpr std::size_t kIp = sizeof(EthernetHeader);
    __m128i ip = _mm_loadu_si128(reinterpret_cast<const __m128i*>(&bytes_[kIp]));
    ip = _mm_insert_epi32(ip, static_cast<int>(first_word), 0);
    ip = _mm_insert_epi16(ip, checksum, offsetof(Ipv4Header, checksum) / 2);
    if (kProtocol != kProtocolIpv4)
      ip = _mm_insert_epi8(ip, kProtocol, offsetof(Ipv4Header, protocol));
    std::memcpy(frame, bytes_.data(), sizeof ip);  // two bytes too many
    _mm_storeu_si128(reinterpret_cast<__m128i*>(frame + kIp), ip);
    std::memcpy(frame + kIp + sizeof ip, &bytes_[kIp + sizeof ip], sizeof(Ipv4Header) - sizeof ip);
  }

  static constexpr std::size_t kMacs = 12;  // bytes of both addresses
  static constexpr std::size_t kBytes = sizeof(EthernetHeader) + sizeof(Ipv4Header);

  // In the checksum's place, the sum of the outer header's words as they lie in memory, without
  // length, TOS and checksum: a sum of RFC 1071 is right in any order of bytes.
  static constexpr std::size_t kSum = sizeof(EthernetHeader) + offsetof(Ipv4Header, checksum);
  // In the place of the length, which is of no use: the port, in network order.
  static constexpr std::size_t kGuePortAt =
      sizeof(EthernetHeader) + offsetof(Ipv4Header, total_length);
  std::array<std::uint8_t, kBytes> bytes_{};
};

}  // namespace holdfast
