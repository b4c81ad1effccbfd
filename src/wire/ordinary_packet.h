// ParseOrdinary: the packet that nearly all are, recognised in a few instructions:
// IPv4 without options or fragments, TCP or UDP, nothing wrong with it.
//
// It looks at whole words and says yes or no. For a no, ParseFrame() (parse.h) says
// what it is: every packet that is ordinary is a kFlow there, with the same content.
//
// Any thread; no byte outside the view is read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/ipv4_tuple.h"
#include "base/mac_address.h"
#include "base/segment_flags.h"
#include "wire/parse.h"

namespace holdfast {

struct OrdinaryPacket {
  std::uint16_t length = 0;  // IPv4 total length
  SegmentFlags segment;
};

// Which frames are meant for us, made ready for ParseOrdinary().
class OwnMac {
 public:
  explicit OwnMac(const MacAddress& mac) { std::memcpy(&word_, mac.bytes.data(), 6); }

  // Each `word` begins with an address, in the order of memory.
  [[nodiscard]] bool Is(std::uint64_t word) const { return ((word ^ word_) & kAddress) == 0; }

 private:
  static constexpr std::uint64_t kAddress = 0xffff'ffff'ffff;

  std::uint64_t word_ = 0;
};

namespace ordinary {

// Offsets into a frame of Ethernet and an IPv4 header without options.
inline constexpr std::size_t kSourceMac = 6;
inline constexpr std::size_t kIpv4 = 14;
inline constexpr std::size_t kAddresses = kIpv4 + 12;
inline constexpr std::size_t kSegment = kIpv4 + 20;
inline constexpr std::size_t kTcpOffset = kSegment + 12;
inline constexpr std::size_t kUdpLength = kSegment + 4;
inline constexpr std::size_t kShortest = kSegment + 20;  // a TCP header can be read
inline constexpr std::size_t kHeaders = 20 + 8;          // at least: those of IPv4 and UDP

template <typename Word>
inline Word At(const std::uint8_t* bytes, std::size_t offset) {
  Word word;
  std::memcpy(&word, bytes + offset, sizeof word);
  return word;
}

// Of a header of 20 bytes: whether its 16-bit words sum up as a good one's do (RFC
// 1071: in any order of bytes, and in wider words too).
inline bool ChecksumGood(const std::uint8_t* frame) {
  const auto first = At<std::uint64_t>(frame, kIpv4);
  std::uint64_t sum = first + At<std::uint64_t>(frame, kIpv4 + 8);
  sum += sum < first ? 1 : 0;
  sum = (sum & 0xffff'ffff) + (sum >> 32) + At<std::uint32_t>(frame, kIpv4 + 16);
  sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  return sum + (sum >> 16) == 0xffff;
}

// A host's address of classes A to C that is not its destination's.
inline bool SourceGood(std::uint64_t addresses) {
  const auto network = static_cast<std::uint8_t>(addresses);
  return static_cast<std::uint8_t>(network - 1) < 223 && network != 127 &&
         static_cast<std::uint32_t>(addresses) != addresses >> 32;
}

inline bool ParseTcp(const std::uint8_t* frame, std::size_t segment_length,
                     OrdinaryPacket& packet) {
  const std::size_t header_length = (frame[kTcpOffset] >> 4) * std::size_t{4};
  const std::uint8_t flags = frame[kTcpOffset + 1];
  packet.segment = SegmentFlags::Of(flags, segment_length > header_length);
  const bool opens_and_ends = packet.segment.syn && (packet.segment.fin || packet.segment.rst);
  return header_length >= 20 && header_length <= segment_length && (flags & 0x3f) != 0 &&
         !opens_and_ends;
}

inline bool ParseUdp(const std::uint8_t* frame, std::size_t segment_length,
                     OrdinaryPacket& packet) {
  const std::size_t length = __builtin_bswap16(At<std::uint16_t>(frame, kUdpLength));
  packet.segment = SegmentFlags::Of(0, length > 8);
  return length >= 8 && length <= segment_length;
}

}  // namespace ordinary

// False when it is not ordinary: `tuple` and `packet` mean nothing then.
inline bool ParseOrdinary(FrameView frame, OwnMac own_mac, bool checksum_known_good,
                          Ipv4Tuple& tuple, OrdinaryPacket& packet) {
  using namespace ordinary;
  if (frame.length < kShortest) [[unlikely]]
    return false;
  const std::uint8_t* const bytes = frame.data;
  const auto source_mac_and_type = At<std::uint64_t>(bytes, kSourceMac);
  const auto ip_begin = At<std::uint64_t>(bytes, kIpv4);
  const auto addresses = At<std::uint64_t>(bytes, kAddresses);
  constexpr std::uint64_t kVersionAndFragment = 0xff3f'0000'0000'00ff;
  const bool envelope_good =
      own_mac.Is(At<std::uint64_t>(bytes, 0)) & !own_mac.Is(source_mac_and_type) &
      (source_mac_and_type >> 48 == 0x0008) & ((ip_begin & kVersionAndFragment) == 0x45);
  if (!envelope_good || !SourceGood(addresses)) [[unlikely]]
    return false;
  if (!checksum_known_good && !ChecksumGood(bytes)) [[unlikely]]
    return false;

  const std::size_t length = __builtin_bswap16(static_cast<std::uint16_t>(ip_begin >> 16));
  if (length < kHeaders || kIpv4 + length > frame.length) [[unlikely]]
    return false;
  const std::uint8_t protocol = bytes[kIpv4 + 9];
  const auto ports = At<std::uint32_t>(bytes, kSegment);
  const std::uint64_t rest = std::uint64_t{4} << 56 | std::uint64_t{protocol} << 32 | ports;
  std::memcpy(&tuple.client, &addresses, sizeof addresses);
  std::memcpy(&tuple.client_port, &rest, sizeof rest);
  packet.length = static_cast<std::uint16_t>(length);
  const std::size_t segment_length = length - (kSegment - kIpv4);
  if (protocol == static_cast<std::uint8_t>(Protocol::kTcp))
    return ParseTcp(bytes, segment_length, packet);
  return protocol == static_cast<std::uint8_t>(Protocol::kUdp) &&
         ParseUdp(bytes, segment_length, packet);
}

}  // namespace holdfast
