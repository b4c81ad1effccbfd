// Frames for tests, well-formed unless a knob says otherwise:
//
//   TcpPacket().From("198.51.100.7", 40000).To("192.0.2.1", 80).Syn().Build()
//   UdpPacket().From("198.51.100.7", 5000).To("192.0.2.1", 53).Payload("?").UdpLength(7).Build()
//   TcpPacket().From("2001:db8::7", 40000).To("2001:db8:1::1", 80).Ack().Build()
//   ArpRequest().From("10.0.0.2").To("10.0.0.1").Build()
//
// Written byte by byte from the RFCs, without src/wire/, so that one checks the
// other. Knobs that name a field set it raw; lengths and checksums that no knob
// names come out right for what was built (an IHL or length knob does not move
// other bytes).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ip_address.h"
#include "base/mac_address.h"
#include "support/arp_builder.h"
#include "support/frame.h"

namespace holdfast {

// TCP, UDP or ICMP over IPv4, or over IPv6 if To is. Without From and To: from 198.51.100.7
// port 40000 to 192.0.2.1 port 80.
class PacketBuilder {
 public:
  enum class Transport : std::uint8_t { kIcmp = 1, kTcp = 6, kUdp = 17, kIcmpV6 = 58 };

  explicit PacketBuilder(Transport transport);

  PacketBuilder& Macs(const MacAddress& source, const MacAddress& destination);
  PacketBuilder& From(std::string_view address, std::uint16_t port = 0);
  PacketBuilder& To(std::string_view address, std::uint16_t port = 0);
  PacketBuilder& Payload(std::string_view payload);

  PacketBuilder& Syn();
  PacketBuilder& Ack();
  PacketBuilder& Fin();
  PacketBuilder& Rst();
  PacketBuilder& Flags(std::uint8_t flags);  // all of them
  PacketBuilder& Sequence(std::uint32_t sequence);
  PacketBuilder& Acknowledgment(std::uint32_t acknowledgment);
  PacketBuilder& DataOffset(unsigned words);
  PacketBuilder& Window(std::uint16_t window);
  PacketBuilder& TcpOptions(const Frame& options);  // a multiple of four bytes

  PacketBuilder& UdpLength(std::uint16_t length);
  // What stands behind the checksum: if not given, identifier 0x1234 and sequence number 1.
  PacketBuilder& IcmpRest(std::uint32_t rest);
  PacketBuilder& IcmpType(std::uint8_t type, std::uint8_t code = 0);
  // Of TCP, UDP or ICMP.
  PacketBuilder& SegmentChecksum(std::uint16_t checksum);
  // Ends the TCP, UDP or ICMP part after `length` bytes; IP says so, too.
  PacketBuilder& SegmentCutTo(std::size_t length);

  PacketBuilder& Ttl(std::uint8_t ttl);  // or hop limit
  PacketBuilder& Tos(std::uint8_t tos);  // or traffic class
  PacketBuilder& IpVersion(unsigned version);
  PacketBuilder& Ihl(unsigned words);
  PacketBuilder& IpOptions(const Frame& options);    // a multiple of four bytes
  PacketBuilder& TotalLength(std::uint16_t length);  // of IPv6: the payload's
  PacketBuilder& IpChecksum(std::uint16_t checksum);
  PacketBuilder& IpProtocol(std::uint8_t protocol);
  PacketBuilder& IpId(std::uint16_t identification);
  PacketBuilder& DontFragment();
  PacketBuilder& MoreFragments();
  PacketBuilder& FragmentOffset(std::uint16_t eight_bytes);

  // IPv6: an extension header before the segment, after those added before. `bytes` go behind
  // its first one, the next header, and are filled up to a multiple of eight.
  PacketBuilder& Extension(std::uint8_t type, Frame bytes);

  PacketBuilder& EtherType(std::uint16_t ether_type);
  PacketBuilder& TruncatedTo(std::size_t length);  // of the frame
  PacketBuilder& PaddedTo(std::size_t length);     // of the frame, with bytes that are not zero

  [[nodiscard]] Frame Build() const;

 private:
  [[nodiscard]] Frame Segment() const;
  [[nodiscard]] Frame TcpSegment() const;
  [[nodiscard]] Frame UdpSegment() const;
  [[nodiscard]] Frame IcmpSegment() const;
  [[nodiscard]] Frame IpHeader(std::size_t segment_length) const;
  [[nodiscard]] Frame Ipv4Header(std::size_t segment_length) const;
  [[nodiscard]] Frame Ipv6Header(std::size_t segment_length) const;
  [[nodiscard]] std::uint8_t UpperProtocol() const;
  void FillSegmentChecksum(Frame& segment, std::size_t offset, bool with_pseudo_header) const;

  Transport transport_;
  MacAddress source_mac_ = kClientMac;
  MacAddress destination_mac_ = kBalancerMac;
  IpAddress source_ = IpAddress::FromV4(0xc6336407);
  IpAddress destination_ = IpAddress::FromV4(0xc0000201);
  std::uint16_t source_port_ = 40000;
  std::uint16_t destination_port_ = 80;
  std::string payload_;
  std::uint8_t flags_ = 0;
  std::uint32_t sequence_ = 1000;
  std::uint32_t acknowledgment_ = 0;
  std::optional<unsigned> data_offset_;
  std::uint16_t window_ = 0xffff;
  Frame tcp_options_;
  std::optional<std::uint16_t> udp_length_;
  std::uint8_t icmp_type_ = 8;
  std::uint8_t icmp_code_ = 0;
  std::uint32_t icmp_rest_ = 0x1234'0001;
  std::optional<std::uint16_t> segment_checksum_;
  std::optional<std::size_t> segment_cut_;
  std::uint8_t ttl_ = 63;
  std::uint8_t tos_ = 0;
  std::optional<unsigned> ip_version_;
  std::optional<unsigned> ihl_;
  Frame ip_options_;
  std::uint16_t ip_id_ = 0x4711;
  std::optional<std::uint16_t> total_length_;
  std::optional<std::uint16_t> ip_checksum_;
  std::optional<std::uint8_t> ip_protocol_;
  std::uint16_t fragment_bits_ = 0;
  struct ExtensionHeader {
    std::uint8_t type;
    Frame bytes;
  };
  std::vector<ExtensionHeader> extensions_;
  std::optional<std::uint16_t> ether_type_;
  std::optional<std::size_t> truncated_to_;
  std::size_t padded_to_ = 0;
};

inline PacketBuilder TcpPacket() { return PacketBuilder(PacketBuilder::Transport::kTcp); }
inline PacketBuilder UdpPacket() { return PacketBuilder(PacketBuilder::Transport::kUdp); }
// Identifier 0x1234, sequence number 1.
inline PacketBuilder EchoRequestV6() {
  return PacketBuilder(PacketBuilder::Transport::kIcmpV6)
      .From("2001:db8::7")
      .To("2001:db8:1::1")
      .IcmpType(128);
}
inline PacketBuilder EchoRequest() { return PacketBuilder(PacketBuilder::Transport::kIcmp); }

}  // namespace holdfast
