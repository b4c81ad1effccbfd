#include "support/neighbour_builder.h"

#include <algorithm>

namespace holdfast {

NeighbourBuilder::NeighbourBuilder(std::uint8_t type) : type_(type) {
  From("2001:db8::7");
  if (type == 135) {
    Target("2001:db8::1");
  } else {
    Target("2001:db8::7").To("2001:db8::1").Flags(kSolicitedFlag | kOverrideFlag);
  }
}

NeighbourBuilder& NeighbourBuilder::Macs(const MacAddress& source, const MacAddress& destination) {
  source_mac_ = source;
  destination_mac_ = destination;
  return *this;
}

NeighbourBuilder& NeighbourBuilder::From(std::string_view source) {
  source_ = AddressNamed(source);
  return *this;
}

NeighbourBuilder& NeighbourBuilder::To(std::string_view destination) {
  destination_ = AddressNamed(destination);
  return *this;
}

NeighbourBuilder& NeighbourBuilder::Target(std::string_view target) {
  target_ = AddressNamed(target);
  if (type_ != 135) return *this;
  const auto& low = target_.bytes();
  destination_mac_ = {{0x33, 0x33, 0xff, low[13], low[14], low[15]}};
  IpAddress::Bytes group = AddressNamed("ff02::1:ff00:0").bytes();
  for (std::size_t i = 13; i < 16; ++i) group[i] = low[i];
  destination_ = IpAddress::FromV6(group);
  return *this;
}

NeighbourBuilder& NeighbourBuilder::HopLimit(std::uint8_t hop_limit) {
  hop_limit_ = hop_limit;
  return *this;
}

NeighbourBuilder& NeighbourBuilder::Code(std::uint8_t code) {
  code_ = code;
  return *this;
}

NeighbourBuilder& NeighbourBuilder::Checksum(std::uint16_t checksum) {
  checksum_ = checksum;
  return *this;
}

NeighbourBuilder& NeighbourBuilder::Flags(std::uint32_t flags) {
  flags_ = flags;
  return *this;
}

NeighbourBuilder& NeighbourBuilder::Options(const Frame& options) {
  options_ = options;
  return *this;
}

NeighbourBuilder& NeighbourBuilder::MessageCutTo(std::size_t length) {
  cut_to_ = length;
  return *this;
}

Frame NeighbourBuilder::Message() const {
  Frame message{type_, code_, 0, 0};
  Append32(message, flags_);
  AppendAll(message, target_.bytes());
  AppendAll(message, options_ ? *options_ : LinkAddressOption(type_ - 134U, source_mac_));
  if (cut_to_) message.resize(*cut_to_);
  Frame summed;
  AppendAll(summed, source_.bytes());
  AppendAll(summed, destination_.bytes());
  Append32(summed, static_cast<std::uint32_t>(message.size()));
  Append32(summed, 58);
  AppendAll(summed, message);
  const std::uint16_t checksum = checksum_.value_or(ReferenceChecksum(summed));
  message[2] = static_cast<std::uint8_t>(checksum >> 8);
  message[3] = static_cast<std::uint8_t>(checksum);
  return message;
}

Frame NeighbourBuilder::Build() const {
  const Frame message = Message();
  Frame frame = EthernetFrame(destination_mac_, source_mac_, 0x86dd);
  Append32(frame, 6U << 28);
  Append16(frame, static_cast<unsigned>(message.size()));
  Append8(frame, 58);
  Append8(frame, hop_limit_);
  AppendAll(frame, source_.bytes());
  AppendAll(frame, destination_.bytes());
  AppendAll(frame, message);
  return frame;
}

Frame LinkAddressOption(unsigned type, const MacAddress& mac) {
  Frame option(8);
  option[0] = static_cast<std::uint8_t>(type);
  option[1] = 1;
  std::copy(mac.bytes.begin(), mac.bytes.end(), option.begin() + 2);
  return option;
}

}  // namespace holdfast
