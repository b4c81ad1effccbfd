// The headers of a frame, field by field, as they are on the wire.
//
// Every struct here has alignment 1 and the size of its header, so that one
// memcpy takes it out of a frame (Load) or puts it in (Store), wherever in the
// frame it lies.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "base/mac_address.h"

namespace holdfast {

// An unsigned integer in network order.
template <typename Integer>
class BigEndian {
 public:
  constexpr BigEndian() = default;
  // `value` in host order.
  explicit constexpr BigEndian(Integer value) {
    for (std::size_t i = 0; i < sizeof(Integer); ++i)
      bytes_[i] = static_cast<std::uint8_t>(value >> (8 * (sizeof(Integer) - 1 - i)));
  }
  // In host order.
  [[nodiscard]] constexpr Integer value() const {
    Integer value = 0;
    for (const std::uint8_t byte : bytes_) value = static_cast<Integer>(value << 8 | byte);
    return value;
  }
  friend constexpr bool operator==(BigEndian, BigEndian) = default;

 private:
  std::array<std::uint8_t, sizeof(Integer)> bytes_{};
};
using BigEndian16 = BigEndian<std::uint16_t>;
using BigEndian32 = BigEndian<std::uint32_t>;

inline constexpr std::uint16_t kEtherTypeIpv4 = 0x0800;
inline constexpr std::uint16_t kEtherTypeArp = 0x0806;
inline constexpr std::uint16_t kEtherTypeIpv6 = 0x86dd;
inline constexpr std::uint16_t kEtherTypeVlan = 0x8100;  // IEEE 802.1Q

// The shortest Ethernet frame, without FCS. Frames that we make are padded to it.
inline constexpr std::size_t kMinimumFrame = 60;

struct EthernetHeader {
  MacAddress destination;
  MacAddress source;
  BigEndian16 ether_type;
};

inline constexpr std::uint16_t kArpHardwareEthernet = 1;
enum class ArpOperation : std::uint16_t { kRequest = 1, kReply = 2 };

// ARP for IPv4 over Ethernet (RFC 826).
struct ArpHeader {
  BigEndian16 hardware_type;
  BigEndian16 protocol_type;
  std::uint8_t hardware_length;
  std::uint8_t protocol_length;
  BigEndian16 operation;  // an ArpOperation
  MacAddress sender_mac;
  BigEndian32 sender_ip;
  MacAddress target_mac;
  BigEndian32 target_ip;
};

inline constexpr std::uint16_t kIpv4DontFragment = 0x4000;
inline constexpr std::uint16_t kIpv4MoreFragments = 0x2000;
inline constexpr std::uint16_t kIpv4FragmentOffset = 0x1fff;
inline constexpr std::uint8_t kDefaultTtl = 64;

// IANA's protocol numbers; of what is balanced they are in Protocol.
inline constexpr std::uint8_t kProtocolIcmp = 1;
inline constexpr std::uint8_t kProtocolIpv4 = 4;  // an IPv4 packet inside (RFC 2003)
inline constexpr std::uint8_t kProtocolUdp = 17;
inline constexpr std::uint8_t kProtocolIpv6 = 41;  // an IPv6 packet inside (RFC 2473, RFC 4213)
inline constexpr std::uint8_t kProtocolIcmpV6 = 58;

// Without options (RFC 791).
struct Ipv4Header {
  std::uint8_t version_and_ihl;
  std::uint8_t tos;
  BigEndian16 total_length;
  BigEndian16 identification;
  BigEndian16 flags_and_offset;
  std::uint8_t ttl;
  std::uint8_t protocol;
  BigEndian16 checksum;
  BigEndian32 source;
  BigEndian32 destination;

  [[nodiscard]] constexpr unsigned version() const { return version_and_ihl >> 4; }
  // In bytes, with options: 0 to 60.
  [[nodiscard]] constexpr std::size_t header_length() const { return (version_and_ihl & 0xfU) * 4; }
};

// RFC 8200.
struct Ipv6Header {
  BigEndian32 version_class_and_label;  // 4, 8 and 20 bits
  BigEndian16 payload_length;           // of what follows this header
  std::uint8_t next_header;
  std::uint8_t hop_limit;
  std::array<std::uint8_t, 16> source;
  std::array<std::uint8_t, 16> destination;

  [[nodiscard]] constexpr unsigned version() const { return version_class_and_label.value() >> 28; }
  [[nodiscard]] constexpr std::uint8_t traffic_class() const {
    return static_cast<std::uint8_t>(version_class_and_label.value() >> 20);
  }
};

// IPv6 extension headers that may come before a segment (RFC 8200, 4).
inline constexpr std::uint8_t kIpv6HopByHop = 0;
inline constexpr std::uint8_t kIpv6Routing = 43;
inline constexpr std::uint8_t kIpv6Fragment = 44;
inline constexpr std::uint8_t kIpv6DestinationOptions = 60;

struct Ipv6ExtensionHeader {
  std::uint8_t next_header;
  std::uint8_t length;         // in units of eight bytes, without the first eight
  std::uint8_t routing_type;   // of kIpv6Routing
  std::uint8_t segments_left;  // of kIpv6Routing
};

struct Ipv6FragmentHeader {
  std::uint8_t next_header;
  std::uint8_t reserved;
  BigEndian16 offset_and_more;  // 13 bits in units of eight bytes, two reserved, "more"
  BigEndian32 identification;
};
inline constexpr std::uint16_t kIpv6FragmentOffset = 0xfff8;
inline constexpr std::uint16_t kIpv6MoreFragments = 1;

inline constexpr std::uint8_t kTcpFin = 0x01;
inline constexpr std::uint8_t kTcpSyn = 0x02;
inline constexpr std::uint8_t kTcpRst = 0x04;
inline constexpr std::uint8_t kTcpPsh = 0x08;
inline constexpr std::uint8_t kTcpAck = 0x10;
inline constexpr std::uint8_t kTcpUrg = 0x20;
inline constexpr std::uint8_t kTcpFlagsOfRfc793 = 0x3f;  // those above: not ECE, CWR

// Without options (RFC 9293).
struct TcpHeader {
  BigEndian16 source_port;
  BigEndian16 destination_port;
  BigEndian32 sequence;
  BigEndian32 acknowledgment;
  std::uint8_t data_offset_and_reserved;
  std::uint8_t flags;
  BigEndian16 window;
  BigEndian16 checksum;
  BigEndian16 urgent_pointer;

  // In bytes, with options: 0 to 60.
  [[nodiscard]] constexpr std::size_t header_length() const {
    return (data_offset_and_reserved >> 4) * std::size_t{4};
  }
};

struct UdpHeader {
  BigEndian16 source_port;
  BigEndian16 destination_port;
  BigEndian16 length;  // with this header
  BigEndian16 checksum;
};

inline constexpr std::uint8_t kIcmpEchoReply = 0;
inline constexpr std::uint8_t kIcmpUnreachable = 3;
inline constexpr std::uint8_t kIcmpPortUnreachable = 3;      // a code of kIcmpUnreachable
inline constexpr std::uint8_t kIcmpFragmentationNeeded = 4;  // a code of kIcmpUnreachable
inline constexpr std::uint8_t kIcmpEchoRequest = 8;
inline constexpr std::uint8_t kIcmpTimeExceeded = 11;
inline constexpr std::uint8_t kIcmpParameterProblem = 12;

// RFC 4443.
inline constexpr std::uint8_t kIcmpV6Unreachable = 1;
inline constexpr std::uint8_t kIcmpV6PortUnreachable = 4;  // a code of kIcmpV6Unreachable
inline constexpr std::uint8_t kIcmpV6PacketTooBig = 2;
inline constexpr std::uint8_t kIcmpV6TimeExceeded = 3;
inline constexpr std::uint8_t kIcmpV6ParameterProblem = 4;
inline constexpr std::uint8_t kIcmpV6EchoRequest = 128;
inline constexpr std::uint8_t kIcmpV6EchoReply = 129;

// Of ICMP and ICMPv6.
struct IcmpHeader {
  std::uint8_t type;
  std::uint8_t code;
  BigEndian16 checksum;
  BigEndian32 rest;  // echo: identifier and sequence number; too big: the MTU
};

template <typename Header>
concept WireHeader = alignof(Header) == 1 && std::is_trivially_copyable_v<Header>;

// REQUIRES: sizeof(Header) bytes can be read at `bytes`.
template <WireHeader Header>
inline Header Load(const std::uint8_t* bytes) {
  Header header;
  std::memcpy(&header, bytes, sizeof(Header));
  return header;
}

// REQUIRES: sizeof(Header) bytes can be written at `bytes`.
template <WireHeader Header>
inline void Store(std::uint8_t* bytes, const Header& header) {
  std::memcpy(bytes, &header, sizeof(Header));
}

static_assert(WireHeader<EthernetHeader> && sizeof(EthernetHeader) == 14);
static_assert(WireHeader<ArpHeader> && sizeof(ArpHeader) == 28);
static_assert(WireHeader<Ipv4Header> && sizeof(Ipv4Header) == 20);
static_assert(WireHeader<Ipv6Header> && sizeof(Ipv6Header) == 40);
static_assert(WireHeader<Ipv6ExtensionHeader> && sizeof(Ipv6ExtensionHeader) == 4);
static_assert(WireHeader<Ipv6FragmentHeader> && sizeof(Ipv6FragmentHeader) == 8);
static_assert(WireHeader<TcpHeader> && sizeof(TcpHeader) == 20);
static_assert(WireHeader<UdpHeader> && sizeof(UdpHeader) == 8);
static_assert(WireHeader<IcmpHeader> && sizeof(IcmpHeader) == 8);

}  // namespace holdfast
