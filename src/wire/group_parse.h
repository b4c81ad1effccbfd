// The parser behind GroupParser, of IPv4 (group_segments.h says what `Isa` is).
#pragma once

#include "wire/group_segments.h"

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
  using Segments = GroupSegments<Isa>;
  static constexpr std::size_t kBlocks = Isa::kBlocks;
  static constexpr std::size_t kPart = Segments::kPart;
  static constexpr unsigned kEachBlock = Segments::kEachBlock;

  // The first three blocks of a packet.
  struct Headers {
    Words ethernet;  // both MACs, EtherType, version and header length, TOS
    Words ip;        // from the total length to the first half of the destination
    Words segment;   // the second half of it, and the segment's first fourteen bytes
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
    unsigned good = 0;  // bits in the order of Columns
    for (std::size_t i = 0; i < 4; ++i) {
      const std::size_t place = first + kBlocks * i;
      const Headers headers = {Isa::Load(frames.data + place, 0),
                               Isa::Load(frames.data + place, 16),
                               Isa::Load(frames.data + place, 32)};
      good |= GoodHeaders(headers) << i;
      Isa::Store(TupleOf(headers), parsed.tuples + place);
      of_packets[i] = FactsOf(headers);
    }
    const auto [first_word, protocol, tcp_offset_and_flags, udp_length] =
        Segments::Transpose(of_packets);
    Segments::Complete(IpipCompletion<Words>::Of(Words(Isa::InOrder(first_word))), first,
                       *parsed.ipip);
    const Ints whole = ((first_word >> 24) & 0xff) | ((first_word >> 8) & 0xff00);
    return Segments::Parse({.protocol = protocol,
                            .length = whole - static_cast<int>(sizeof(Ipv4Header)),
                            .tcp_offset_and_flags = tcp_offset_and_flags,
                            .udp_length = udp_length},
                           good, ordinary::kSegment, frames.lengths + first,
                           parsed.segments + first);
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

  // The header's first word as it lies in memory, protocol, TCP's offset and flags, UDP's length.
  [[gnu::always_inline]] static Words FactsOf(const Headers& headers) {
    return Isa::Shuffle(headers.ethernet, _mm_setr_epi8(14, 15, -1, -1, -1, -1, -1, -1, -1, -1, -1,
                                                        -1, -1, -1, -1, -1)) |
           Isa::Shuffle(headers.ip, _mm_setr_epi8(-1, -1, 0, 1, 7, -1, -1, -1, -1, -1, -1, -1, -1,
                                                  -1, -1, -1)) |
           Isa::Shuffle(headers.segment, _mm_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1, 14, 15, -1,
                                                       -1, 7, 6, -1, -1));
  }

  Words own_mac_;   // and what else the first block of an ordinary packet has
  Words own_tail_;  // its last four bytes
  bool checksums_known_good_;
};

}  // namespace holdfast
