#include "wire/arp.h"

#include <algorithm>
#include <utility>

#include "wire/rewrite.h"

namespace holdfast {
namespace {

BigEndian16 ToWire(ArpOperation operation) {
  return BigEndian16(static_cast<std::uint16_t>(operation));
}

bool IsForIpv4OverEthernet(const ArpHeader& arp) {
  return arp.hardware_type.value() == kArpHardwareEthernet &&
         arp.protocol_type.value() == kEtherTypeIpv4 && arp.hardware_length == sizeof(MacAddress) &&
         arp.protocol_length == sizeof(BigEndian32);
}

}  // namespace

std::optional<ArpMessage> ParseArp(FrameView frame) {
  if (frame.length < sizeof(EthernetHeader) + sizeof(ArpHeader)) return std::nullopt;
  const auto arp = Load<ArpHeader>(frame.data + sizeof(EthernetHeader));
  const auto operation = static_cast<ArpOperation>(arp.operation.value());
  if (!IsForIpv4OverEthernet(arp) ||
      (operation != ArpOperation::kRequest && operation != ArpOperation::kReply) ||
      arp.sender_mac.IsMulticast() || arp.sender_mac.IsZero())
    return std::nullopt;
  return ArpMessage{.operation = operation,
                    .sender_mac = arp.sender_mac,
                    .sender_ip = IpAddress::FromV4(arp.sender_ip.value()),
                    .target_mac = arp.target_mac,
                    .target_ip = IpAddress::FromV4(arp.target_ip.value())};
}

void TurnIntoArpReply(std::uint8_t* frame, const MacAddress& own_mac) {
  std::uint8_t* const body = frame + sizeof(EthernetHeader);
  auto arp = Load<ArpHeader>(body);
  arp.operation = ToWire(ArpOperation::kReply);
  arp.target_mac = arp.sender_mac;
  arp.sender_mac = own_mac;
  std::swap(arp.sender_ip, arp.target_ip);
  Store(body, arp);
  RewriteMacs(frame, arp.target_mac, own_mac);
}

std::size_t WriteArpRequest(std::uint8_t* out60, const MacAddress& own_mac, const IpAddress& own_ip,
                            const IpAddress& wanted_ip) {
  std::fill_n(out60, kMinimumFrame, std::uint8_t{0});
  Store(out60, EthernetHeader{.destination = kBroadcastMac,
                              .source = own_mac,
                              .ether_type = BigEndian16(kEtherTypeArp)});
  Store(out60 + sizeof(EthernetHeader),
        ArpHeader{.hardware_type = BigEndian16(kArpHardwareEthernet),
                  .protocol_type = BigEndian16(kEtherTypeIpv4),
                  .hardware_length = sizeof(MacAddress),
                  .protocol_length = sizeof(BigEndian32),
                  .operation = ToWire(ArpOperation::kRequest),
                  .sender_mac = own_mac,
                  .sender_ip = BigEndian32(own_ip.V4()),
                  .target_mac = {},
                  .target_ip = BigEndian32(wanted_ip.V4())});
  return kMinimumFrame;
}

std::size_t WriteGratuitousArp(std::uint8_t* out60, const MacAddress& own_mac,
                               const IpAddress& own_ip) {
  return WriteArpRequest(out60, own_mac, own_ip, own_ip);
}

}  // namespace holdfast
