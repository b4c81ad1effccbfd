#include "wire/neighbour_discovery.h"

#include "wire/answer.h"
#include "wire/checksum.h"

namespace holdfast {
namespace {

constexpr int kMostOptions = 16;
constexpr std::uint8_t kSourceLinkAddress = 1;  // options
constexpr std::uint8_t kTargetLinkAddress = 2;
constexpr std::uint32_t kSolicited = 0x40000000;  // flags of an advertisement
constexpr std::uint32_t kOverride = 0x20000000;
constexpr IpAddress kAllNodes = IpAddress::FromV6({0xff, 0x02, 0, 0, 0, 0, 0, 0,  //
                                                   0, 0, 0, 0, 0, 0, 0, 1});

struct NeighbourHeader {
  std::uint8_t type;
  std::uint8_t code;
  BigEndian16 checksum;
  BigEndian32 flags;
  IpAddress::Bytes target;
};
static_assert(WireHeader<NeighbourHeader> && sizeof(NeighbourHeader) == 24);

struct LinkAddressOption {
  std::uint8_t type;
  std::uint8_t length;  // in units of eight bytes
  MacAddress mac;
};
static_assert(WireHeader<LinkAddressOption> && sizeof(LinkAddressOption) == 8);

struct Message {
  const std::uint8_t* data;
  std::size_t length;
};

Message MessageOf(FrameView frame, const ParsedPacket& packet) {
  return {frame.data + packet.l4_offset,
          std::size_t{packet.l3_offset} + packet.l3_length - packet.l4_offset};
}

bool HasRightChecksum(Message message, const ParsedPacket& packet) {
  InternetChecksum sum;
  sum.AddPseudoHeader(packet.key.client, packet.key.vip, kProtocolIcmpV6, message.length);
  sum.Add(message.data, message.length);
  return sum.Result() == BigEndian16();
}

// Finds the MAC in the option of this type. False when the options are malformed.
bool ReadOptions(Message options, std::uint8_t type, std::optional<MacAddress>& mac) {
  for (int i = 0; options.length != 0; ++i) {
    if (i == kMostOptions || options.length < sizeof(LinkAddressOption)) return false;
    const auto option = Load<LinkAddressOption>(options.data);
    const std::size_t length = std::size_t{option.length} * 8;
    if (length == 0 || length > options.length) return false;
    if (option.type == type) {
      if (option.length != 1 || option.mac.IsMulticast() || option.mac.IsZero()) return false;
      mac = option.mac;
    }
    options = {options.data + length, options.length - length};
  }
  return true;
}

// RFC 4861, 7.1.1: who has no address yet asks a group, and has nothing to say of itself.
bool IsRightProbe(const NeighbourMessage& message, const IpAddress& destination) {
  return destination == SolicitedNodeGroup(message.target) && !message.mac;
}

struct Recipient {
  IpAddress ip;
  MacAddress mac;
};

// Completes and writes the message: with own_mac in an option, and its checksum.
void Write(std::uint8_t* out, const MacAddress& own_mac, const IpAddress& source,
           const Recipient& to, NeighbourHeader header) {
  constexpr std::size_t kLength = sizeof(NeighbourHeader) + sizeof(LinkAddressOption);
  Store(out,
        EthernetHeader{
            .destination = to.mac, .source = own_mac, .ether_type = BigEndian16(kEtherTypeIpv6)});
  Store(out + sizeof(EthernetHeader), Ipv6Header{.version_class_and_label = BigEndian32(6U << 28),
                                                 .payload_length = BigEndian16(kLength),
                                                 .next_header = kProtocolIcmpV6,
                                                 .hop_limit = kHopLimitOfNeighbours,
                                                 .source = source.bytes(),
                                                 .destination = to.ip.bytes()});
  std::uint8_t* const message = out + sizeof(EthernetHeader) + sizeof(Ipv6Header);
  const std::uint8_t option =
      header.type == kNeighbourSolicitation ? kSourceLinkAddress : kTargetLinkAddress;
  Store(message, header);
  Store(message + sizeof header, LinkAddressOption{.type = option, .length = 1, .mac = own_mac});
  InternetChecksum sum;
  sum.AddPseudoHeader(source, to.ip, kProtocolIcmpV6, kLength);
  sum.Add(message, kLength);
  header.checksum = sum.Result();
  Store(message, header);
}

NeighbourHeader Advertisement(const IpAddress& address, std::uint32_t flags) {
  return {.type = kNeighbourAdvertisement,
          .code = 0,
          .checksum = {},
          .flags = BigEndian32(flags),
          .target = address.bytes()};
}

}  // namespace

bool IsNeighbourMessage(FrameView frame, const ParsedPacket& packet) {
  const std::uint8_t type = frame.data[packet.l4_offset];
  return type == kNeighbourSolicitation || type == kNeighbourAdvertisement;
}

std::optional<NeighbourMessage> ParseNeighbourMessage(FrameView frame, const ParsedPacket& packet) {
  const Message bytes = MessageOf(frame, packet);
  if (packet.ttl != kHopLimitOfNeighbours || bytes.length < sizeof(NeighbourHeader) ||
      !CameFromOneHost(frame) || !HasRightChecksum(bytes, packet))
    return std::nullopt;
  const auto header = Load<NeighbourHeader>(bytes.data);
  NeighbourMessage message{.is_solicitation = header.type == kNeighbourSolicitation,
                           .source = packet.key.client,
                           .target = IpAddress::FromV6(header.target),
                           .mac = {}};
  const std::uint8_t option = message.is_solicitation ? kSourceLinkAddress : kTargetLinkAddress;
  const Message options{bytes.data + sizeof header, bytes.length - sizeof header};
  if (header.code != 0 || message.target.IsMulticast() || message.target.IsV4() ||
      !ReadOptions(options, option, message.mac))
    return std::nullopt;
  const bool is_from_nobody = message.source.IsUnspecified();
  if (message.is_solicitation)
    return is_from_nobody && !IsRightProbe(message, packet.key.vip) ? std::nullopt
                                                                    : std::optional(message);
  message.is_solicited = (header.flags.value() & kSolicited) != 0;
  message.overrides = (header.flags.value() & kOverride) != 0;
  if (is_from_nobody || (message.is_solicited && packet.key.vip.IsMulticast())) return std::nullopt;
  return message;
}

IpAddress SolicitedNodeGroup(const IpAddress& address) {
  const IpAddress::Bytes& low = address.bytes();
  return IpAddress::FromV6(
      {0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, low[13], low[14], low[15]});
}

MacAddress MacOfGroup(const IpAddress& group) {
  const IpAddress::Bytes& low = group.bytes();
  return {{0x33, 0x33, low[12], low[13], low[14], low[15]}};
}

void WriteNeighbourSolicitation(std::uint8_t* out, const MacAddress& own_mac,
                                const IpAddress& own_ip, const IpAddress& wanted_ip) {
  const IpAddress group = SolicitedNodeGroup(wanted_ip);
  Write(out, own_mac, own_ip, {group, MacOfGroup(group)},
        {.type = kNeighbourSolicitation,
         .code = 0,
         .checksum = {},
         .flags = {},
         .target = wanted_ip.bytes()});
}

void WriteNeighbourAdvertisement(std::uint8_t* out, const MacAddress& own_mac,
                                 const NeighbourMessage& solicitation, const MacAddress& sender) {
  if (solicitation.source.IsUnspecified())
    return WriteUnsolicitedAdvertisement(out, own_mac, solicitation.target);
  Write(out, own_mac, solicitation.target, {solicitation.source, solicitation.mac.value_or(sender)},
        Advertisement(solicitation.target, kSolicited | kOverride));
}

void WriteUnsolicitedAdvertisement(std::uint8_t* out, const MacAddress& own_mac,
                                   const IpAddress& own_ip) {
  Write(out, own_mac, own_ip, {kAllNodes, MacOfGroup(kAllNodes)}, Advertisement(own_ip, kOverride));
}

}  // namespace holdfast
