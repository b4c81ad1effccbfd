// TunnelHeader: what is put before the IP packets for one target, whatever its mode, families
// and VLAN. OuterHeader (outer_header.h) is the quick way for what most have: in IPv4 on a port
// without tags.
//
// IP in IP: RFC 2003 (4 in 4), RFC 4213 (6 in 4), RFC 2473 (4 in 6, 6 in 6). GUE: UDP with the
// inner packet behind it at once (draft-ietf-intarea-gue, variant 1), from a port that the flow's
// hash chooses, so that routers and the target's NIC spread flows.
//
// The inner packet stays as it came, its TTL too. Outside
//   TTL, hop limit    64
//   TOS, class        the inner one's, ECN too (RFC 6040, 4.1, "normal mode")
//   IPv4              without options, "do not fragment": the path's MTU is to be found
//   IPv6 flow label   of the flow's hash (RFC 6438)
//   UDP checksum      over IPv4 none (RFC 768); over IPv6 right
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/forwarding_mode.h"
#include "base/ip_address.h"
#include "base/mac_address.h"
#include "wire/gue_source_port.h"
#include "wire/headers.h"

namespace holdfast {

// An IP packet, as it lies in a frame.
struct InnerPacket {
  const std::uint8_t* bytes = nullptr;
  std::uint32_t length = 0;  // by its header
  bool is_ipv4 = true;
  std::uint32_t entropy = 0;  // the same for all packets of a flow

  // REQUIRES: a whole IP packet of this family is at `bytes`.
  static InnerPacket Of(const std::uint8_t* bytes, bool is_ipv4, std::uint32_t entropy) {
    std::uint16_t length;
    std::memcpy(&length,
                bytes + (is_ipv4 ? offsetof(Ipv4Header, total_length)
                                 : offsetof(Ipv6Header, payload_length)),
                sizeof length);
    const std::uint32_t header = is_ipv4 ? 0 : sizeof(Ipv6Header);
    return {bytes, header + __builtin_bswap16(length), is_ipv4, entropy};
  }
  // TOS, or traffic class.
  [[nodiscard]] std::uint8_t traffic_class() const {
    return is_ipv4 ? bytes[1] : static_cast<std::uint8_t>(bytes[0] << 4 | bytes[1] >> 4);
  }
};

class TunnelHeader {
 public:
  struct Ends {
    MacAddress destination_mac;
    MacAddress source_mac;
    std::uint16_t vlan = 0;  // 0: no tag
    IpAddress from;          // of the family of `to`; both matter for tunnels only
    IpAddress to;
    std::uint16_t gue_port = kGuePort;
  };

  TunnelHeader() = default;
  explicit TunnelHeader(const Ends& ends);

  // How many bytes are put before the inner IP header, Ethernet's with them; and how many of
  // them are IP's, and UDP's.
  [[nodiscard]] std::size_t LengthFor(ForwardingMode mode) const {
    return link_length_ + OverheadOf(mode);
  }
  [[nodiscard]] std::size_t OverheadOf(ForwardingMode mode) const {
    if (IsWithoutTunnel(mode)) return 0;
    return ip_length_ + (mode == ForwardingMode::kGue ? kUdp : 0);
  }

  // Writes what comes before the inner packet, which begins at `at`; and other bytes before
  // that, kScratch in all.
  // REQUIRES: both together are no longer than an IP packet can be.
  [[gnu::always_inline]] void Write(std::uint8_t* at, const InnerPacket& inner,
                                    ForwardingMode mode) const {
    if (IsWithoutTunnel(mode)) return WriteLink(at, inner.is_ipv4);
    const std::uint32_t udp = mode == ForwardingMode::kGue ? kUdp : 0;
    std::uint8_t* const end = at - udp;
    std::memcpy(end - kImage, image_.data(), kImage);
    const std::uint8_t inside = inner.is_ipv4 ? kProtocolIpv4 : kProtocolIpv6;
    const std::uint8_t protocol = udp != 0 ? kProtocolUdp : inside;
    if (outer_is_ipv4_)
      CompleteIpv4(end - sizeof(Ipv4Header), inner.traffic_class(), protocol, inner.length + udp);
    else
      CompleteIpv6(end - sizeof(Ipv6Header), inner, protocol, inner.length + udp);
    if (udp != 0) WriteUdp(end, inner);
  }
  static constexpr std::size_t kScratch = 72;

 private:
  static constexpr std::uint32_t kUdp = sizeof(UdpHeader);
  static constexpr std::size_t kLongestLink = 18;  // with a tag (IEEE 802.1Q)
  static constexpr std::size_t kImage = 64;
  static_assert(kImage >= kLongestLink + sizeof(Ipv6Header) && kScratch >= kImage + kUdp);

  template <typename Word>
  static void Put(std::uint8_t* at, Word word) {
    std::memcpy(at, &word, sizeof word);
  }

  void WriteLink(std::uint8_t* at, bool is_ipv4) const;

  // The image is there; what differs from packet to packet is stored over it.
  [[gnu::always_inline]] void CompleteIpv4(std::uint8_t* ip, std::uint32_t tos,
                                           std::uint32_t protocol, std::uint32_t payload) const {
    const std::uint32_t length = payload + std::uint32_t{sizeof(Ipv4Header)};
    const std::uint32_t big_endian = __builtin_bswap16(static_cast<std::uint16_t>(length));
    // Less than three times 2^16: two carries are all.
    std::uint32_t sum = sum_ + tos + length + protocol;
    sum = (sum & 0xffff) + (sum >> 16);
    sum += sum >> 16;
    Put(ip, std::uint32_t{0x45} | tos << 8 | big_endian << 16);
    ip[offsetof(Ipv4Header, protocol)] = static_cast<std::uint8_t>(protocol);
    Put(ip + offsetof(Ipv4Header, checksum), __builtin_bswap16(static_cast<std::uint16_t>(~sum)));
  }
  [[gnu::always_inline]] static void CompleteIpv6(std::uint8_t* ip, const InnerPacket& inner,
                                                  std::uint8_t protocol, std::uint32_t payload) {
    const std::uint32_t first_word = std::uint32_t{6} << 28 |
                                     std::uint32_t{inner.traffic_class()} << 20 |
                                     (inner.entropy & 0xfffff);
    Put(ip, __builtin_bswap32(first_word));
    Put(ip + offsetof(Ipv6Header, payload_length),
        __builtin_bswap16(static_cast<std::uint16_t>(payload)));
    ip[offsetof(Ipv6Header, next_header)] = protocol;
  }
  [[gnu::always_inline]] void WriteUdp(std::uint8_t* udp, const InnerPacket& inner) const {
    const auto length = static_cast<std::uint16_t>(kUdp + inner.length);
    Put(udp, __builtin_bswap16(GueSourcePort(inner.entropy)));
    Put(udp + offsetof(UdpHeader, destination_port), gue_port_);
    Put(udp + offsetof(UdpHeader, length), std::uint32_t{__builtin_bswap16(length)});
    if (!outer_is_ipv4_) WriteUdpChecksum(udp, inner);
  }
  void WriteUdpChecksum(std::uint8_t* udp, const InnerPacket& inner) const;

  // Ethernet's and the outer IP header, at its end: copied as a whole, then completed.
  std::array<std::uint8_t, kImage> image_{};
  std::uint8_t link_length_ = 0;
  std::uint8_t ip_length_ = 0;
  bool outer_is_ipv4_ = true;
  BigEndian16 gue_port_;
  std::uint16_t sum_ = 0;  // RFC 1071, of both addresses, and of IPv4's other constant words
};

}  // namespace holdfast
