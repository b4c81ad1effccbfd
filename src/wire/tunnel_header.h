// TunnelHeader: what is put before the IP packets for one target, whatever its mode, families
// and VLAN. OuterHeader (outer_header.h) is the quick way for what most have: IPv4 in IPv4 on a
// port without tags.
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

#include "base/forwarding_mode.h"
#include "base/ip_address.h"
#include "base/mac_address.h"
#include "wire/headers.h"

namespace holdfast {

// RFC 6335: of the dynamic ports, so that none is taken for a service's.
inline constexpr std::uint16_t kFirstGueSourcePort = 0xc000;

// An IP packet, as it lies in a frame.
struct InnerPacket {
  const std::uint8_t* bytes = nullptr;
  std::uint32_t length = 0;  // by its header
  bool is_ipv4 = true;
  std::uint32_t entropy = 0;  // the same for all packets of a flow

  // REQUIRES: a whole IP packet of this family is at `bytes`.
  static InnerPacket Of(const std::uint8_t* bytes, bool is_ipv4, std::uint32_t entropy);
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
    const std::size_t ip = outer_is_ipv4_ ? sizeof(Ipv4Header) : sizeof(Ipv6Header);
    return mode == ForwardingMode::kL2 ? 0 : ip + (mode == ForwardingMode::kGue) * kUdp;
  }

  // REQUIRES: the inner packet lies LengthFor(mode) bytes behind `frame`; both together are no
  // longer than an IP packet can be.
  void Write(std::uint8_t* frame, const InnerPacket& inner, ForwardingMode mode) const;

 private:
  static constexpr std::size_t kUdp = sizeof(UdpHeader);
  static constexpr std::size_t kMacs = 12;         // bytes of both addresses
  static constexpr std::size_t kLongestLink = 18;  // with a tag (IEEE 802.1Q)

  void WriteLink(std::uint8_t* frame, std::uint16_t ether_type) const;
  void WriteIpv4(std::uint8_t* bytes, const InnerPacket& inner, std::uint8_t protocol,
                 std::size_t payload) const;
  void WriteIpv6(std::uint8_t* bytes, const InnerPacket& inner, std::uint8_t protocol,
                 std::size_t payload) const;
  void WriteUdp(std::uint8_t* bytes, const InnerPacket& inner) const;

  std::array<std::uint8_t, kLongestLink> link_{};
  std::uint8_t link_length_ = 0;
  bool outer_is_ipv4_ = true;
  BigEndian16 gue_port_;
  std::uint16_t sum_ = 0;  // RFC 1071, of both addresses, and of IPv4's other constant words
  std::array<std::uint8_t, sizeof(Ipv6Header)> ip_{};  // of either family, what is constant in it
};

}  // namespace holdfast
