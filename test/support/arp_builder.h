// ARP frames for tests: ArpRequest().From("10.0.0.2").To("10.0.0.1").Build()
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "support/frame.h"

namespace holdfast {

// Without From and To: who has 192.0.2.1, tell 198.51.100.7.
class ArpBuilder {
 public:
  explicit ArpBuilder(std::uint16_t operation);

  // Of the frame; the source is the sender's MAC as well. A request goes to the
  // broadcast address unless this says otherwise.
  ArpBuilder& Macs(const MacAddress& source, const MacAddress& destination);
  ArpBuilder& From(std::string_view sender_ip);
  ArpBuilder& To(std::string_view target_ip);
  ArpBuilder& SenderMac(const MacAddress& mac);
  ArpBuilder& TargetMac(const MacAddress& mac);
  ArpBuilder& HardwareType(std::uint16_t type);
  ArpBuilder& ProtocolType(std::uint16_t type);
  ArpBuilder& AddressLengths(std::uint8_t hardware, std::uint8_t protocol);
  ArpBuilder& TruncatedTo(std::size_t length);
  ArpBuilder& PaddedTo(std::size_t length);

  [[nodiscard]] Frame Build() const;

 private:
  std::uint16_t operation_;
  MacAddress source_mac_ = kClientMac;
  MacAddress destination_mac_;
  MacAddress sender_mac_ = kClientMac;
  MacAddress target_mac_;
  IpAddress sender_ip_ = IpAddress::FromV4(0xc6336407);
  IpAddress target_ip_ = IpAddress::FromV4(0xc0000201);
  std::uint16_t hardware_type_ = 1;
  std::uint16_t protocol_type_ = 0x0800;
  std::uint8_t hardware_length_ = 6;
  std::uint8_t protocol_length_ = 4;
  std::optional<std::size_t> truncated_to_;
  std::size_t padded_to_ = 0;
};

inline ArpBuilder ArpRequest() { return ArpBuilder(1); }
inline ArpBuilder ArpReply() { return ArpBuilder(2); }

}  // namespace holdfast
