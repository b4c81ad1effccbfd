// ICMP and ICMPv6 errors for tests, as a router sends them about a packet:
//
//   IcmpErrorFrom("203.0.113.1").Type(3, 4).Rest(1400).Quote(packet).Build()
//
// It goes to whoever sent the packet, unless To() says otherwise.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "support/packet_builder.h"

namespace holdfast {

class IcmpErrorBuilder {
 public:
  explicit IcmpErrorBuilder(std::string_view router) : router_(router) {}

  IcmpErrorBuilder& To(std::string_view address) {
    to_ = address;
    return *this;
  }
  IcmpErrorBuilder& Type(std::uint8_t type, std::uint8_t code = 0) {
    type_ = type;
    code_ = code;
    return *this;
  }
  // What stands behind the checksum.
  IcmpErrorBuilder& Rest(std::uint32_t rest) {
    rest_ = rest;
    return *this;
  }
  IcmpErrorBuilder& Checksum(std::uint16_t checksum) {
    checksum_ = checksum;
    return *this;
  }
  IcmpErrorBuilder& Quote(const PacketBuilder& packet) { return QuoteCutTo(packet, 65535); }
  IcmpErrorBuilder& QuoteCutTo(const PacketBuilder& packet, std::size_t length) {
    const Frame frame = packet.Build();
    return QuoteBytes(Frame(frame.begin() + 14, frame.end()), length);
  }
  // An IP packet.
  IcmpErrorBuilder& QuoteBytes(Frame packet, std::size_t length = 65535) {
    if (to_.empty()) to_ = SenderOf(packet);
    packet.resize(std::min(length, packet.size()));
    quote_ = std::move(packet);
    return *this;
  }

  [[nodiscard]] Frame Build() const {
    const bool is_v4 = AddressNamed(router_).IsV4();
    using enum PacketBuilder::Transport;
    PacketBuilder packet(is_v4 ? kIcmp : kIcmpV6);
    packet.From(router_).To(to_).IcmpType(type_, code_).IcmpRest(rest_);
    packet.Payload({reinterpret_cast<const char*>(quote_.data()), quote_.size()});
    if (checksum_) packet.SegmentChecksum(*checksum_);
    return packet.Build();
  }

 private:
  static std::string SenderOf(const Frame& packet) {
    if (packet[0] >> 4 == 4 || packet.size() < 40)
      return IpAddress::FromV4(std::uint32_t{packet[12]} << 24 | packet[13] << 16 |
                               packet[14] << 8 | packet[15])
          .ToString();
    IpAddress::Bytes bytes;
    std::copy_n(packet.begin() + 8, bytes.size(), bytes.begin());
    return IpAddress::FromV6(bytes).ToString();
  }

  std::string router_;
  std::string to_;
  std::uint8_t type_ = 3;
  std::uint8_t code_ = 0;
  std::uint32_t rest_ = 0;
  std::optional<std::uint16_t> checksum_;
  Frame quote_;
};

inline IcmpErrorBuilder IcmpErrorFrom(std::string_view router) { return IcmpErrorBuilder(router); }

}  // namespace holdfast
