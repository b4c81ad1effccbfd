// The parser behind GroupParser, of IPv6 (group_segments.h says what `Isa` is).
#pragma once

#include "wire/group_segments.h"
#include "wire/ordinary_ipv6.h"

namespace holdfast {

template <typename Isa>
class GroupParseIpv6 {
 public:
  static std::uint64_t Parse(const FrameGroups& frames, const OwnMac& own_mac,
                             const ParsedGroups& parsed) {
    const GroupParseIpv6 parse(own_mac);
    std::uint64_t ordinary = 0;
    for (std::size_t first = 0; first < frames.count; first += Segments::kPart)
      ordinary |= std::uint64_t{parse.ParsePart(frames, first, parsed)} << first;
    return ordinary;
  }

 private:
  using Words = typename Isa::Words;
  using Ints = typename Isa::Ints;
  using Segments = GroupSegments<Isa>;
  static constexpr std::size_t kBlocks = Isa::kBlocks;

  // Blocks of a packet.
  struct Headers {
    Words ethernet;  // both MACs, EtherType, version, class
    Words ip;        // from its beginning to the first half of the source
    Words source;
    Words destination;
    Words segment;
  };

  [[gnu::always_inline]] explicit GroupParseIpv6(const OwnMac& own_mac)
      : own_mac_(Isa::Broadcast(
            _mm_or_si128(_mm_cvtsi64_si128(static_cast<long long>(own_mac.word())),
                         _mm_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, static_cast<char>(0x86),
                                       static_cast<char>(0xdd), 0x60, 0)))),
        own_tail_(Words{} + own_mac.tail()) {}

  // The frames from the `first` one on.
  [[gnu::always_inline]] std::uint32_t ParsePart(const FrameGroups& frames, std::size_t first,
                                                 const ParsedGroups& parsed) const {
    Words of_packets[4];
    unsigned good = 0;  // bits in the order of Columns
    for (std::size_t i = 0; i < 4; ++i) {
      const std::size_t place = first + kBlocks * i;
      const std::uint8_t* const* const data = frames.data + place;
      const Headers headers = {Isa::Load(data, 0), Isa::Load(data, ordinary::kIpv6),
                               Isa::Load(data, ordinary::kIpv6Source),
                               Isa::Load(data, ordinary::kIpv6Destination),
                               Isa::Load(data, ordinary::kIpv6Segment)};
      good |= GoodHeaders(headers) << i;
      std::memcpy(static_cast<void*>(parsed.clients + place), &headers.source, sizeof(Words));
      std::memcpy(static_cast<void*>(parsed.vips + place), &headers.destination, sizeof(Words));
      Isa::Store(TupleOf(headers), parsed.tuples + place);
      of_packets[i] = FactsOf(headers);
    }
    const auto [first_word, second_word, tcp_offset_and_flags, udp_length] =
        Segments::Transpose(of_packets);
    Segments::Complete(IpipCompletion<Words>::OfIpv6(Words(Isa::InOrder(first_word)),
                                                     Words(Isa::InOrder(second_word))),
                       first, *parsed.ipip);
    return Segments::Parse({.protocol = (second_word >> 16) & 0xff,
                            .length = ((second_word & 0xff) << 8) | ((second_word >> 8) & 0xff),
                            .tcp_offset_and_flags = tcp_offset_and_flags,
                            .udp_length = udp_length},
                           good, ordinary::kIpv6Segment, frames.lengths + first,
                           parsed.segments + first);
  }

  // Bit 4 * b: the packet of block b is IPv6, for us and not from us, of addresses that hosts
  // have.
  [[gnu::always_inline]] unsigned GoodHeaders(const Headers& headers) const {
    const Words matters = Isa::Broadcast(_mm_setr_epi8(-1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, -1,
                                                       -1, static_cast<char>(0xf0), 0));
    unsigned good = Isa::EqualBits((headers.ethernet ^ own_mac_) & matters, Words{});
    good &= good >> 1;
    good &= good >> 2;
    unsigned special = Isa::EqualBits(headers.source, Words{});
    unsigned special_too = Isa::EqualBits(headers.destination, Words{});
    special &= special >> 1;
    special_too &= special_too >> 1;
    const unsigned from_us = Isa::EqualBits(headers.ethernet, own_tail_) >> 2;
    return good & ~(from_us | special | special_too) & Segments::kEachBlock;
  }

  // As Ipv4Tuple::InPlaceOf().
  [[gnu::always_inline]] static Words TupleOf(const Headers& headers) {
    const Words ports = Isa::Shuffle(
        headers.segment, _mm_setr_epi8(-1, -1, -1, -1, 0, 1, -1, -1, -1, -1, -1, -1, 2, 3, -1, -1));
    const Words protocol = Isa::Shuffle(
        headers.ip, _mm_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 6, -1));
    const Words family =
        Isa::Broadcast(_mm_setr_epi8(0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0));
    return ports | protocol | family;
  }

  // The header's first and second word as they lie in memory, TCP's offset and flags, UDP's length.
  [[gnu::always_inline]] static Words FactsOf(const Headers& headers) {
    return Isa::Shuffle(headers.ip,
                        _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, -1, -1, -1, -1, -1, -1, -1, -1)) |
           Isa::Shuffle(headers.segment, _mm_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1, 12, 13, -1,
                                                       -1, 5, 4, -1, -1));
  }

  Words own_mac_;   // and what else the first block of an ordinary packet has
  Words own_tail_;  // its last four bytes
};

}  // namespace holdfast
