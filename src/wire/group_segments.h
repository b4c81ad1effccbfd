// What the parsers behind GroupParser, of both families, have in common, over any width of
// vectors.
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
struct GroupSegments {
  using Words = typename Isa::Words;
  using Ints = typename Isa::Ints;
  static constexpr std::size_t kBlocks = Isa::kBlocks;
  static constexpr std::size_t kPart = 4 * kBlocks;  // packets: four vectors of them
  static constexpr unsigned kEachBlock = 0x1111U & ((1U << kPart) - 1);

  // Words of a block of each packet: of packet kBlocks * i + b in lane i of block b.
  struct Columns {
    Ints first, second, third, fourth;
  };
  [[gnu::always_inline]] static Columns Transpose(const Words (&of_packets)[4]) {
    const Words low_of_first = Isa::Low32(of_packets[0], of_packets[1]);
    const Words high_of_first = Isa::High32(of_packets[0], of_packets[1]);
    const Words low_of_last = Isa::Low32(of_packets[2], of_packets[3]);
    const Words high_of_last = Isa::High32(of_packets[2], of_packets[3]);
    return {.first = Ints(Isa::Low64(low_of_first, low_of_last)),
            .second = Ints(Isa::High64(low_of_first, low_of_last)),
            .third = Ints(Isa::Low64(high_of_first, high_of_last)),
            .fourth = Ints(Isa::High64(high_of_first, high_of_last))};
  }

  // One number of each packet in each, in the order of Columns.
  struct Facts {
    Ints protocol;
    Ints length;                // what the IP header leaves for the segment
    Ints tcp_offset_and_flags;  // the bytes at 12 and 13 of a TCP header
    Ints udp_length;
  };
  // Bit i: packet i's headers are `good` (bits in the order of Columns), its frame holds the
  // whole of it, and its segment, which begins at `offset` in its frame, is well-formed.
  [[gnu::always_inline]] static std::uint32_t Parse(const Facts& facts, unsigned good, int offset,
                                                    const std::uint32_t* frame_lengths,
                                                    SegmentFlags* segments) {
    Ints frame_length;
    std::memcpy(&frame_length, frame_lengths, sizeof frame_length);
    const Ints header = (facts.tcp_offset_and_flags >> 2) & 0x3c;
    const Ints flags = facts.tcp_offset_and_flags >> 8;
    const Ints whole = Isa::InOrder(facts.length) + offset <= frame_length;
    const Ints is_tcp = facts.protocol == static_cast<int>(Protocol::kTcp);
    const Ints tcp = is_tcp & (header >= 20) & (header <= facts.length) & ((flags & 0x3f) != 0) &
                     (((flags & 0x02) == 0) | ((flags & 0x05) == 0));
    const Ints udp = (facts.protocol == static_cast<int>(Protocol::kUdp)) &
                     (facts.udp_length >= 8) & (facts.udp_length <= facts.length);
    const Ints tcp_segment = (flags & 0x17) | ((facts.length > header) & 8);
    const Ints udp_segment = (facts.udp_length > 8) & 8;
    const auto bytes = __builtin_convertvector(
        Isa::InOrder((tcp_segment & is_tcp) | (udp_segment & ~is_tcp)), typename Isa::Bytes);
    std::memcpy(static_cast<void*>(segments), &bytes, sizeof bytes);
    return Isa::SignBits(whole & Isa::InOrder((tcp | udp) & Isa::FromBits(good)));
  }

  // Of the packets from the `first` one on, in order.
  [[gnu::always_inline]] static void Complete(const IpipCompletion<Words>& completion,
                                              std::size_t first, IpipCompletions& ipip) {
    const auto wide = __builtin_convertvector(completion.frame_length, typename Isa::Longs);
    const auto twice = wide << 32 | wide;
    std::memcpy(&ipip.first_words[first], &completion.first_word, sizeof completion.first_word);
    std::memcpy(&ipip.sums[first], &completion.sum, sizeof completion.sum);
    std::memcpy(&ipip.lengths[first], &twice, sizeof twice);
  }
};

}  // namespace holdfast
