#include "support/packet_builder.h"

#include <utility>

namespace holdfast {
namespace {

void Put16(Frame& frame, std::size_t offset, unsigned value) {
  frame[offset] = static_cast<std::uint8_t>(value >> 8);
  frame[offset + 1] = static_cast<std::uint8_t>(value);
}

void AppendAddress(Frame& bytes, const IpAddress& address) {
  if (address.IsV4())
    Append32(bytes, address.V4());
  else
    AppendAll(bytes, address.bytes());
}

Frame PseudoHeader(const IpAddress& source, const IpAddress& destination, unsigned protocol,
                   std::size_t length) {
  Frame bytes;
  AppendAddress(bytes, source);
  AppendAddress(bytes, destination);
  Append16(bytes, protocol);
  Append16(bytes, static_cast<unsigned>(length));
  return bytes;
}

}  // namespace

PacketBuilder::PacketBuilder(Transport transport) : transport_(transport) {}

PacketBuilder& PacketBuilder::Macs(const MacAddress& source, const MacAddress& destination) {
  source_mac_ = source;
  destination_mac_ = destination;
  return *this;
}

PacketBuilder& PacketBuilder::From(std::string_view address, std::uint16_t port) {
  source_ = AddressNamed(address);
  source_port_ = port;
  return *this;
}

PacketBuilder& PacketBuilder::To(std::string_view address, std::uint16_t port) {
  destination_ = AddressNamed(address);
  destination_port_ = port;
  return *this;
}

PacketBuilder& PacketBuilder::Payload(std::string_view payload) {
  payload_ = payload;
  return *this;
}

PacketBuilder& PacketBuilder::Syn() { return Flags(flags_ | 0x02); }
PacketBuilder& PacketBuilder::Ack() { return Flags(flags_ | 0x10); }
PacketBuilder& PacketBuilder::Fin() { return Flags(flags_ | 0x01); }
PacketBuilder& PacketBuilder::Rst() { return Flags(flags_ | 0x04); }

PacketBuilder& PacketBuilder::Flags(std::uint8_t flags) {
  flags_ = flags;
  return *this;
}

PacketBuilder& PacketBuilder::Sequence(std::uint32_t sequence) {
  sequence_ = sequence;
  return *this;
}

PacketBuilder& PacketBuilder::Acknowledgment(std::uint32_t acknowledgment) {
  acknowledgment_ = acknowledgment;
  return *this;
}

PacketBuilder& PacketBuilder::DataOffset(unsigned words) {
  data_offset_ = words;
  return *this;
}

PacketBuilder& PacketBuilder::Window(std::uint16_t window) {
  window_ = window;
  return *this;
}

PacketBuilder& PacketBuilder::TcpOptions(const Frame& options) {
  tcp_options_ = options;
  return *this;
}

PacketBuilder& PacketBuilder::UdpLength(std::uint16_t length) {
  udp_length_ = length;
  return *this;
}

PacketBuilder& PacketBuilder::IcmpType(std::uint8_t type, std::uint8_t code) {
  icmp_type_ = type;
  icmp_code_ = code;
  return *this;
}

PacketBuilder& PacketBuilder::IcmpRest(std::uint32_t rest) {
  icmp_rest_ = rest;
  return *this;
}

PacketBuilder& PacketBuilder::SegmentChecksum(std::uint16_t checksum) {
  segment_checksum_ = checksum;
  return *this;
}

PacketBuilder& PacketBuilder::SegmentCutTo(std::size_t length) {
  segment_cut_ = length;
  return *this;
}

PacketBuilder& PacketBuilder::Ttl(std::uint8_t ttl) {
  ttl_ = ttl;
  return *this;
}

PacketBuilder& PacketBuilder::Tos(std::uint8_t tos) {
  tos_ = tos;
  return *this;
}

PacketBuilder& PacketBuilder::IpVersion(unsigned version) {
  ip_version_ = version;
  return *this;
}

PacketBuilder& PacketBuilder::Ihl(unsigned words) {
  ihl_ = words;
  return *this;
}

PacketBuilder& PacketBuilder::IpOptions(const Frame& options) {
  ip_options_ = options;
  return *this;
}

PacketBuilder& PacketBuilder::TotalLength(std::uint16_t length) {
  total_length_ = length;
  return *this;
}

PacketBuilder& PacketBuilder::IpChecksum(std::uint16_t checksum) {
  ip_checksum_ = checksum;
  return *this;
}

PacketBuilder& PacketBuilder::IpProtocol(std::uint8_t protocol) {
  ip_protocol_ = protocol;
  return *this;
}

PacketBuilder& PacketBuilder::IpId(std::uint16_t identification) {
  ip_id_ = identification;
  return *this;
}

PacketBuilder& PacketBuilder::DontFragment() {
  fragment_bits_ |= 0x4000;
  return *this;
}

PacketBuilder& PacketBuilder::MoreFragments() {
  fragment_bits_ |= 0x2000;
  return *this;
}

PacketBuilder& PacketBuilder::FragmentOffset(std::uint16_t eight_bytes) {
  fragment_bits_ = static_cast<std::uint16_t>((fragment_bits_ & 0xe000) | eight_bytes);
  return *this;
}

PacketBuilder& PacketBuilder::Extension(std::uint8_t type, Frame bytes) {
  while ((bytes.size() + 1) % 8 != 0) bytes.push_back(0);
  extensions_.push_back({type, std::move(bytes)});
  return *this;
}

PacketBuilder& PacketBuilder::EtherType(std::uint16_t ether_type) {
  ether_type_ = ether_type;
  return *this;
}

PacketBuilder& PacketBuilder::TruncatedTo(std::size_t length) {
  truncated_to_ = length;
  return *this;
}

PacketBuilder& PacketBuilder::PaddedTo(std::size_t length) {
  padded_to_ = length;
  return *this;
}

Frame PacketBuilder::Build() const {
  Frame segment = Segment();
  if (segment_cut_ && *segment_cut_ < segment.size()) segment.resize(*segment_cut_);
  Frame frame = EthernetFrame(destination_mac_, source_mac_,
                              ether_type_.value_or(destination_.IsV4() ? 0x0800 : 0x86dd));
  AppendAll(frame, IpHeader(segment.size()));
  AppendAll(frame, segment);
  return Sized(std::move(frame), padded_to_, truncated_to_);
}

Frame PacketBuilder::Segment() const {
  switch (transport_) {
    case Transport::kTcp:
      return TcpSegment();
    case Transport::kUdp:
      return UdpSegment();
    case Transport::kIcmp:
    case Transport::kIcmpV6:
      return IcmpSegment();
  }
  return {};
}

Frame PacketBuilder::TcpSegment() const {
  const auto words = static_cast<unsigned>(5 + tcp_options_.size() / 4);
  Frame segment;
  Append16(segment, source_port_);
  Append16(segment, destination_port_);
  Append32(segment, sequence_);
  Append32(segment, acknowledgment_);
  Append8(segment, data_offset_.value_or(words) << 4);
  Append8(segment, flags_);
  Append16(segment, window_);
  Append16(segment, 0);  // checksum
  Append16(segment, 0);  // urgent pointer
  AppendAll(segment, tcp_options_);
  AppendAll(segment, payload_);
  FillSegmentChecksum(segment, 16, true);
  return segment;
}

Frame PacketBuilder::UdpSegment() const {
  Frame segment;
  Append16(segment, source_port_);
  Append16(segment, destination_port_);
  Append16(segment, udp_length_.value_or(static_cast<std::uint16_t>(8 + payload_.size())));
  Append16(segment, 0);  // checksum
  AppendAll(segment, payload_);
  FillSegmentChecksum(segment, 6, true);
  return segment;
}

Frame PacketBuilder::IcmpSegment() const {
  Frame segment;
  Append8(segment, icmp_type_);
  Append8(segment, icmp_code_);
  Append16(segment, 0);  // checksum
  Append32(segment, icmp_rest_);
  AppendAll(segment, payload_);
  FillSegmentChecksum(segment, 2, transport_ == Transport::kIcmpV6);
  return segment;
}

void PacketBuilder::FillSegmentChecksum(Frame& segment, std::size_t offset,
                                        bool with_pseudo_header) const {
  Frame covered;
  if (with_pseudo_header)
    covered =
        PseudoHeader(source_, destination_, static_cast<unsigned>(transport_), segment.size());
  AppendAll(covered, segment);
  std::uint16_t checksum = ReferenceChecksum(covered);
  if (transport_ == Transport::kUdp && checksum == 0) checksum = 0xffff;  // 0: none (RFC 768)
  Put16(segment, offset, segment_checksum_.value_or(checksum));
}

std::uint8_t PacketBuilder::UpperProtocol() const {
  return ip_protocol_.value_or(static_cast<std::uint8_t>(transport_));
}

Frame PacketBuilder::IpHeader(std::size_t segment_length) const {
  return destination_.IsV4() ? Ipv4Header(segment_length) : Ipv6Header(segment_length);
}

Frame PacketBuilder::Ipv6Header(std::size_t segment_length) const {
  Frame extensions;
  for (std::size_t i = 0; i < extensions_.size(); ++i) {
    const bool is_last = i + 1 == extensions_.size();
    Append8(extensions, is_last ? UpperProtocol() : extensions_[i + 1].type);
    AppendAll(extensions, extensions_[i].bytes);
  }
  const auto payload_length = static_cast<std::uint16_t>(extensions.size() + segment_length);
  Frame header;
  Append32(header, ip_version_.value_or(6) << 28 | std::uint32_t{tos_} << 20);
  Append16(header, total_length_.value_or(payload_length));
  Append8(header, extensions_.empty() ? UpperProtocol() : extensions_.front().type);
  Append8(header, ttl_);
  AppendAddress(header, source_);
  AppendAddress(header, destination_);
  AppendAll(header, extensions);
  return header;
}

Frame PacketBuilder::Ipv4Header(std::size_t segment_length) const {
  const auto header_length = 20 + ip_options_.size();
  const auto total_length = static_cast<std::uint16_t>(header_length + segment_length);
  Frame header;
  Append8(header,
          ip_version_.value_or(4) << 4 | ihl_.value_or(static_cast<unsigned>(header_length / 4)));
  Append8(header, tos_);
  Append16(header, total_length_.value_or(total_length));
  Append16(header, ip_id_);
  Append16(header, fragment_bits_);
  Append8(header, ttl_);
  Append8(header, UpperProtocol());
  Append16(header, 0);  // checksum
  Append32(header, source_.V4());
  Append32(header, destination_.V4());
  AppendAll(header, ip_options_);
  Put16(header, 10, ip_checksum_.value_or(ReferenceChecksum(header)));
  return header;
}

}  // namespace holdfast
