// The parser behind GroupParser, over any width of vectors.
//
// A vector is one or more blocks of sixteen bytes, each of another packet: what is asked
// of one packet is asked of all blocks at once. `Isa` says how (group_parser_*.cc):
//   kBlocks                   blocks in a vector: 1, 2 or 4
//   Words, Ints, Bytes, Longs vectors of as many 32-bit, 8-bit and 64-bit lanes
//   Load(data, offset)        block b: 16 bytes at data[b] + offset
//   Store(blocks, tuples)     block b to tuples[b], in one piece: it is soon read so
//   Broadcast(block)          the same in each block
//   Shuffle(blocks, order)    as pshufb, in each block
//   Behind<kFirst>(low, high) in each block: `low` from byte kFirst on, then `high`
//   Low32, High32, Low64, High64  as punpckldq, ..., in each block
//   InOrder(ints)             block b, lane i becomes the one at kBlocks * i + b
//   EqualBits(a, b)           bit i: lanes i of 32 bits are equal
//   SignBits(ints)            bit i: lane i is negative
//   FromBits(bits)            all bits of lane i: bit i
//
// `Isa` is of an unnamed namespace: nothing here is shared between files that are
// compiled for different processors.
#pragma once

#include <immintrin.h>

#include <cstring>

#include "wire/group_parser.h"

namespace holdfast {

template <typename Isa>
class GroupParse {
 public:
  static std::uint64_t Parse(const FrameGroups& frames, const OwnMac& own_mac,
                             bool checksums_known_good, const ParsedGroups& parsed) {
    const GroupParse parse(own_mac, checksums_known_good);
    std::uint64_t ordinary = 0;
    for (std::size_t first = 0; first < frames.count; first += kPart)
      ordinary |= parse.ParsePart(frames, first, parsed) << first;
    return ordinary;
  }

 private:
  using Words = typename Isa::Words;
  using Ints = typename Isa::Ints;
  static constexpr std::size_t kBlocks = Isa::kBlocks;
  static constexpr std::size_t kPart = 4 * kBlocks;  // packets: four vectors of them
  static constexpr unsigned kEachBlock = 0x1111U & ((1U << kPart) - 1);

  // The first three blocks of a packet.
  struct Headers {
    Words ethernet;  // both MACs, EtherType, version and header length, TOS
    Words ip;        // from the total length to the first half of the destination
    Words segment;   // the second half of it, and the segment's first fourteen bytes
  };
  // One number of each packet in each: of packet kBlocks * i + b in lane i of block b.
  struct Facts {
    Ints first_word;  // of the IPv4 header, as it lies in memory
    Ints protocol;
    Ints tcp_offset_and_flags;  // the bytes at 12 and 13 of a TCP header
    Ints udp_length;
  };

  [[gnu::always_inline]] GroupParse(const OwnMac& own_mac, bool checksums_known_good)
      : own_mac_(Isa::Broadcast(
            _mm_or_si128(_mm_cvtsi64_si128(static_cast<long long>(own_mac.word())),
                         _mm_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x08, 0x00, 0x45, 0)))),
        own_tail_(Words{} + own_mac.tail()),
        checksums_known_good_(checksums_known_good) {}

  // The frames from the `first` one on.
  [[gnu::always_inline]] std::uint64_t ParsePart(const FrameGroups& frames, std::size_t first,
                                                 const ParsedGroups& parsed) const {
    Words of_packets[4];
    unsigned good = 0;  // bits in the order of Facts
    for (std::size_t i = 0; i < 4; ++i) {
      const std::size_t place = first + kBlocks * i;
      const Headers headers = {Isa::Load(frames.data + place, 0),
                               Isa::Load(frames.data + place, 16),
                               Isa::Load(frames.data + place, 32)};
      good |= GoodHeaders(headers) << i;
      Isa::Store(TupleOf(headers), parsed.tuples + place);
      of_packets[i] = FactsOf(headers);
    }
    const Facts facts = Transpose(of_packets);
    Complete(Words(Isa::InOrder(facts.first_word)), first, *parsed.ipip);
    return ParseSegments(facts, good, frames.lengths + first, parsed.segments + first);
  }

  [[gnu::always_inline]] static void Complete(Words first_words, std::size_t first,
                                              IpipCompletions& ipip) {
    const auto completion = IpipCompletion<Words>::Of(first_words);
    const auto wide = __builtin_convertvector(completion.frame_length, typename Isa::Longs);
    const auto twice = wide << 32 | wide;
    std::memcpy(&ipip.first_words[first], &completion.first_word, sizeof completion.first_word);
    std::memcpy(&ipip.sums[first], &completion.sum, sizeof completion.sum);
    std::memcpy(&ipip.lengths[first], &twice, sizeof twice);
  }

  // Bit 4 * b: the packet of block b is whole IPv4 without options, for us and not from
  // us, with a good checksum.
  [[gnu::always_inline]] unsigned GoodHeaders(const Headers& headers) const {
    const Words ethernet_matters =
        Isa::Broadcast(_mm_setr_epi8(-1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, -1, -1, -1, 0));
    const Words fragment =
        Isa::Broadcast(_mm_setr_epi8(0, 0, 0, 0, 0x3f, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
    const Words wrong =
        ((headers.ethernet ^ own_mac_) & ethernet_matters) | (headers.ip & fragment);
    unsigned good = Isa::EqualBits(wrong, Words{});
    if (!checksums_known_good_) good &= Isa::EqualBits(Checksum(headers), Words{} + 0xffff);
    good &= good >> 1;
    good &= good >> 2;
    return good & ~(Isa::EqualBits(headers.ethernet, own_tail_) >> 2) & kEachBlock;
  }

  // RFC 1071, in whatever order of bytes: 0xffff in each lane if it is good.
  [[gnu::always_inline]] static Words Checksum(const Headers& headers) {
    const Words first =
        Isa::Shuffle(headers.ethernet,
                     _mm_setr_epi8(14, 15, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1));
    const Words last = Isa::Shuffle(headers.segment, _mm_setr_epi8(0, 1, -1, -1, -1, -1, -1, -1, -1,
                                                                   -1, -1, -1, -1, -1, -1, -1));
    Words sum = (headers.ip & 0xffff) + (headers.ip >> 16) + first + last;
    sum += Isa::Shuffle(sum, _mm_setr_epi8(8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
    sum += Isa::Shuffle(sum, _mm_setr_epi8(4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11));
    sum = (sum & 0xffff) + (sum >> 16);
    return (sum & 0xffff) + (sum >> 16);
  }

  [[gnu::always_inline]] static Words TupleOf(const Headers& headers) {
    const Words from_source = Isa::template Behind<10>(headers.ip, headers.segment);
    const Words protocol = Isa::Shuffle(
        headers.ip, _mm_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 7, -1));
    const Words family =
        Isa::Broadcast(_mm_setr_epi8(0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0));
    return Isa::Shuffle(from_source,
                        _mm_setr_epi8(0, 1, 2, 3, 8, 9, -1, -1, 4, 5, 6, 7, 10, 11, -1, -1)) |
           protocol | family;
  }

  // In the order of Facts.
  [[gnu::always_inline]] static Words FactsOf(const Headers& headers) {
    return Isa::Shuffle(headers.ethernet, _mm_setr_epi8(14, 15, -1, -1, -1, -1, -1, -1, -1, -1, -1,
                                                        -1, -1, -1, -1, -1)) |
           Isa::Shuffle(headers.ip, _mm_setr_epi8(-1, -1, 0, 1, 7, -1, -1, -1, -1, -1, -1, -1, -1,
                                                  -1, -1, -1)) |
           Isa::Shuffle(headers.segment, _mm_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1, 14, 15, -1,
                                                       -1, 7, 6, -1, -1));
  }

  [[gnu::always_inline]] static Facts Transpose(const Words (&of_packets)[4]) {
    const Words low_of_first = Isa::Low32(of_packets[0], of_packets[1]);
    const Words high_of_first = Isa::High32(of_packets[0], of_packets[1]);
    const Words low_of_last = Isa::Low32(of_packets[2], of_packets[3]);
    const Words high_of_last = Isa::High32(of_packets[2], of_packets[3]);
    return {.first_word = Ints(Isa::Low64(low_of_first, low_of_last)),
            .protocol = Ints(Isa::High64(low_of_first, low_of_last)),
            .tcp_offset_and_flags = Ints(Isa::Low64(high_of_first, high_of_last)),
            .udp_length = Ints(Isa::High64(high_of_first, high_of_last))};
  }

  // Bit i: packet i's headers are good, its frame holds the whole of it, and its segment is
  // well-formed.
  [[gnu::always_inline]] static std::uint32_t ParseSegments(const Facts& facts, unsigned good,
                                                            const std::uint32_t* frame_lengths,
                                                            SegmentFlags* segments) {
    Ints frame_length;
    std::memcpy(&frame_length, frame_lengths, sizeof frame_length);
    constexpr int kIpv4 = ordinary::kIpv4;
    const Ints whole_length =
        ((facts.first_word >> 24) & 0xff) | ((facts.first_word >> 8) & 0xff00);
    const Ints length = whole_length - static_cast<int>(ordinary::kSegment - kIpv4);
    const Ints header = (facts.tcp_offset_and_flags >> 2) & 0x3c;
    const Ints flags = facts.tcp_offset_and_flags >> 8;
    const Ints whole = Isa::InOrder(whole_length) + kIpv4 <= frame_length;
    const Ints is_tcp = facts.protocol == static_cast<int>(Protocol::kTcp);
    const Ints tcp = is_tcp & (header >= 20) & (header <= length) & ((flags & 0x3f) != 0) &
                     (((flags & 0x02) == 0) | ((flags & 0x05) == 0));
    const Ints udp = (facts.protocol == static_cast<int>(Protocol::kUdp)) &
                     (facts.udp_length >= 8) & (facts.udp_length <= length);
    const Ints tcp_segment = (flags & 0x17) | ((length > header) & 8);
    const Ints udp_segment = (facts.udp_length > 8) & 8;
    const auto bytes = __builtin_convertvector(
        Isa::InOrder((tcp_segment & is_tcp) | (udp_segment & ~is_tcp)), typename Isa::Bytes);
    std::memcpy(static_cast<void*>(segments), &bytes, sizeof bytes);
    return Isa::SignBits(whole & Isa::InOrder((tcp | udp) & Isa::FromBits(good)));
  }

  Words own_mac_;   // and what else the first block of an ordinary packet has
  Words own_tail_;  // its last four bytes
  bool checksums_known_good_;
};

}  // namespace holdfast
