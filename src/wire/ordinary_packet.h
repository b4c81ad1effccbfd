// ParseOrdinary: the packet that nearly all are, recognised in some forty
// instructions: IPv4 without options or fragments, TCP or UDP, nothing wrong with
// its headers.
//
// It looks at whole words and says yes or no. For a no, ParseFrame() (parse.h) says
// what it is. A packet that is ordinary is a kFlow there, with the same content; or
// a kMartianSource: whose address a packet has is asked when its connection begins,
// not for each of its packets.
//
// Any thread; no byte outside the view is read.
#pragma once

#include <immintrin.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/ipv4_tuple.h"
#include "base/mac_address.h"
#include "base/segment_flags.h"
#include "wire/parse.h"

namespace holdfast {

// The MAC address that frames for us have, made ready for ParseOrdinary().
class OwnMac {
 public:
  explicit OwnMac(const MacAddress& mac) { std::memcpy(&word_, mac.bytes.data(), 6); }

  // Its six bytes, and zeros behind; its last four.
  [[nodiscard]] std::uint64_t word() const { return word_; }
  [[nodiscard]] std::uint32_t tail() const { return static_cast<std::uint32_t>(word_ >> 16); }
  // `frame` begins with it.
  [[nodiscard]] bool IsDestination(const std::uint8_t* frame) const {
    std::uint64_t word;
    std::memcpy(&word, frame, sizeof word);
    return (word ^ word_) << 16 == 0;
  }
  // The source may be ours: its last four bytes are.
  [[nodiscard]] bool MayBeSource(const std::uint8_t* frame) const {
    std::uint32_t last;
    std::memcpy(&last, frame + 8, sizeof last);
    return last == tail();
  }

 private:
  std::uint64_t word_ = 0;
};

namespace ordinary {

// Offsets into a frame of Ethernet and an IPv4 header without options.
inline constexpr std::size_t kIpv4 = 14;
inline constexpr std::size_t kLength = kIpv4 + 2;
inline constexpr std::size_t kProtocol = kIpv4 + 9;
inline constexpr std::size_t kSegment = kIpv4 + 20;
inline constexpr std::size_t kShortest = kSegment + 8;  // a UDP header can be read

// Offsets into a segment.
inline constexpr std::size_t kUdpLength = 4;
inline constexpr std::size_t kTcpOffset = 12;
inline constexpr std::size_t kTcpFlags = 13;

template <typename Word>
inline Word At(const std::uint8_t* bytes, std::size_t offset) {
  Word word;
  std::memcpy(&word, bytes + offset, sizeof word);
  return word;
}

// EtherType, version, header length, fragment: sixteen bytes that begin with the
// source MAC, of which those under the mask are always the same.
inline bool IsWholeIpv4(const std::uint8_t* frame) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(frame + 6));
  const __m128i ordinary = _mm_setr_epi8(0, 0, 0, 0, 0, 0, 0x08, 0x00, 0x45, 0, 0, 0, 0, 0, 0, 0);
  const __m128i mask = _mm_setr_epi8(0, 0, 0, 0, 0, 0, -1, -1, -1, 0, 0, 0, 0, 0, 0x3f, -1);
  return _mm_testz_si128(_mm_xor_si128(bytes, ordinary), mask) != 0;
}

// From the protocol to the ports, put in the tuple's order.
inline void ReadTuple(const std::uint8_t* frame, Ipv4Tuple& tuple) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(frame + kProtocol));
  const __m128i order = _mm_setr_epi8(3, 4, 5, 6, 11, 12, -1, -1, 7, 8, 9, 10, 13, 14, 0, -1);
  const __m128i family = _mm_setr_epi8(0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0);
  _mm_store_si128(reinterpret_cast<__m128i*>(&tuple),
                  _mm_or_si128(_mm_shuffle_epi8(bytes, order), family));
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

// SegmentFlags, without payload, of each value of the TCP header's flags; kNoFlags
// where they are invalid: none of RFC 793's, or SYN with FIN or RST.
inline constexpr std::uint8_t kNoFlags = 0xff;
constexpr std::array<std::uint8_t, 256> MakeFlagTable() {
  std::array<std::uint8_t, 256> table{};
  for (unsigned flags = 0; flags < 256; ++flags) {
    const bool opens_and_ends = (flags & 0x02) != 0 && (flags & 0x05) != 0;
    const bool valid = (flags & 0x3f) != 0 && !opens_and_ends;
    table[flags] = valid ? flags & 0x17 : kNoFlags;
  }
  return table;
}
inline constexpr std::array<std::uint8_t, 256> kFlagTable = MakeFlagTable();

// REQUIRES: the segment has at least 20 bytes.
inline bool ParseTcp(const std::uint8_t* bytes, std::uint32_t segment_length,
                     SegmentFlags& segment) {
  const std::uint32_t header_length = (bytes[kTcpOffset] >> 2) & 0x3cU;
  const std::uint8_t flags = kFlagTable[bytes[kTcpFlags]];
  segment = SegmentFlags::FromByte(
      static_cast<std::uint8_t>(flags | (segment_length > header_length ? 8 : 0)));
  // Too short a header wraps around.
  return header_length - 20 <= segment_length - 20 && flags != kNoFlags;
}

// REQUIRES: the segment has at least 8 bytes.
inline bool ParseUdp(const std::uint8_t* bytes, std::uint32_t segment_length,
                     SegmentFlags& segment) {
  const std::uint32_t length = __builtin_bswap16(At<std::uint16_t>(bytes, kUdpLength));
  segment = SegmentFlags::FromByte(length > 8 ? 8 : 0);
  return length - 8 <= segment_length - 8;
}

// TCP or UDP, and nothing wrong with it. `length`: what its IP header leaves for it; less than
// that header wraps around.
[[gnu::always_inline]] inline bool ParseSegment(std::uint8_t protocol, const std::uint8_t* bytes,
                                                std::uint32_t length, SegmentFlags& segment) {
  const auto signed_length = static_cast<std::int32_t>(length);
  if (protocol == static_cast<std::uint8_t>(Protocol::kTcp)) [[likely]]
    return signed_length >= 20 && ParseTcp(bytes, length, segment);
  return protocol == static_cast<std::uint8_t>(Protocol::kUdp) && signed_length >= 8 &&
         ParseUdp(bytes, length, segment);
}

}  // namespace ordinary

// False when it is not ordinary: `tuple` and `segment` mean nothing then.
[[gnu::always_inline]] inline bool ParseOrdinary(FrameView frame, OwnMac own_mac,
                                                 bool checksum_known_good, Ipv4Tuple& tuple,
                                                 SegmentFlags& segment) {
  using namespace ordinary;
  const std::uint8_t* const bytes = frame.data;
  if (frame.length < kShortest) [[unlikely]]
    return false;
  if (!IsWholeIpv4(bytes) || !own_mac.IsDestination(bytes)) [[unlikely]]
    return false;
  if (own_mac.MayBeSource(bytes)) [[unlikely]]
    return false;
  if (!checksum_known_good && !ChecksumGood(bytes)) [[unlikely]]
    return false;
  ReadTuple(bytes, tuple);
  const std::uint32_t length = __builtin_bswap16(At<std::uint16_t>(bytes, kLength));
  if (kIpv4 + length > frame.length) [[unlikely]]
    return false;
  return ParseSegment(bytes[kProtocol], bytes + kSegment, length - (kSegment - kIpv4), segment);
}

}  // namespace holdfast
