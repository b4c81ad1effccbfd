#include "support/arp_builder.h"

#include <utility>

namespace holdfast {

ArpBuilder::ArpBuilder(std::uint16_t operation)
    : operation_(operation), destination_mac_(operation == 1 ? kBroadcastMac : kBalancerMac) {
  if (operation != 1) target_mac_ = kBalancerMac;
}

ArpBuilder& ArpBuilder::Macs(const MacAddress& source, const MacAddress& destination) {
  source_mac_ = sender_mac_ = source;
  destination_mac_ = destination;
  return *this;
}

ArpBuilder& ArpBuilder::From(std::string_view sender_ip) {
  sender_ip_ = AddressNamed(sender_ip);
  return *this;
}

ArpBuilder& ArpBuilder::To(std::string_view target_ip) {
  target_ip_ = AddressNamed(target_ip);
  return *this;
}

ArpBuilder& ArpBuilder::SenderMac(const MacAddress& mac) {
  sender_mac_ = mac;
  return *this;
}

ArpBuilder& ArpBuilder::TargetMac(const MacAddress& mac) {
  target_mac_ = mac;
  return *this;
}

ArpBuilder& ArpBuilder::HardwareType(std::uint16_t type) {
  hardware_type_ = type;
  return *this;
}

ArpBuilder& ArpBuilder::ProtocolType(std::uint16_t type) {
  protocol_type_ = type;
  return *this;
}

ArpBuilder& ArpBuilder::AddressLengths(std::uint8_t hardware, std::uint8_t protocol) {
  hardware_length_ = hardware;
  protocol_length_ = protocol;
  return *this;
}

ArpBuilder& ArpBuilder::TruncatedTo(std::size_t length) {
  truncated_to_ = length;
  return *this;
}

ArpBuilder& ArpBuilder::PaddedTo(std::size_t length) {
  padded_to_ = length;
  return *this;
}

Frame ArpBuilder::Build() const {
  Frame frame = EthernetFrame(destination_mac_, source_mac_, 0x0806);
  Append16(frame, hardware_type_);
  Append16(frame, protocol_type_);
  Append8(frame, hardware_length_);
  Append8(frame, protocol_length_);
  Append16(frame, operation_);
  AppendAll(frame, sender_mac_.bytes);
  Append32(frame, sender_ip_.V4());
  AppendAll(frame, target_mac_.bytes);
  Append32(frame, target_ip_.V4());
  return Sized(std::move(frame), padded_to_, truncated_to_);
}

}  // namespace holdfast
