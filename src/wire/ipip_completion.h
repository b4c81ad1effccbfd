// IpipCompletion: what makes the outer IPv4 header of a packet (outer_header.h) complete,
// made of the inner one, of either family.
//
// `Number` is std::uint32_t or a vector of them: for one packet or for several at once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "wire/headers.h"

namespace holdfast {

template <typename Number>
struct IpipCompletion {
  Number first_word;    // the outer header's, as it lies in the memory of a little-endian machine
  Number sum;           // of what is in it, as RFC 1071 adds
  Number frame_length;  // of the frame with both headers

  // What a frame has before the inner IPv4 header then.
  static constexpr std::uint32_t kBefore = sizeof(EthernetHeader) + sizeof(Ipv4Header);

  // `word`: an inner IPv4 header's first one, as it lies in memory.
  [[gnu::always_inline]] static constexpr IpipCompletion Of(Number word) {
    return Of(word >> 24 | (word >> 8 & 0xff00), word & 0xff00);
  }
  // The same of IPv6, and its second one.
  [[gnu::always_inline]] static constexpr IpipCompletion OfIpv6(Number word, Number second) {
    const Number payload = (second & 0xff) << 8 | (second >> 8 & 0xff);
    return Of(payload + std::uint32_t{sizeof(Ipv6Header)},
              (word & 0x0f) << 12 | (word >> 4 & 0x0f00));
  }

 private:
  // `tos`: the outer header's, as it lies in the first word.
  [[gnu::always_inline]] static constexpr IpipCompletion Of(Number inner_length, Number tos) {
    const Number length = inner_length + std::uint32_t{sizeof(Ipv4Header)};
    const Number big_endian = (length >> 8 & 0xff) | (length & 0xff) << 8;
    return {.first_word = 0x45 | tos | big_endian << 16,
            .sum = tos + big_endian,
            .frame_length = inner_length + kBefore};
  }
};

// Of many packets, side by side.
struct IpipCompletions {
  static constexpr std::size_t kCapacity = 64;

  std::array<std::uint32_t, kCapacity> first_words;
  std::array<std::uint32_t, kCapacity> sums;
  // Frame lengths, twice: in the low half and in the high one.
  std::array<std::uint64_t, kCapacity> lengths;

  // REQUIRES: `frame` holds an Ethernet and an IPv4 header.
  void Complete(std::size_t i, const std::uint8_t* frame) {
    Set(i, IpipCompletion<std::uint32_t>::Of(WordAt(frame, 0)));
  }
  // The same with an IPv6 header.
  void CompleteIpv6(std::size_t i, const std::uint8_t* frame) {
    Set(i, IpipCompletion<std::uint32_t>::OfIpv6(WordAt(frame, 0), WordAt(frame, 4)));
  }
  void Move(std::size_t from, std::size_t to) {
    first_words[to] = first_words[from];
    sums[to] = sums[from];
    lengths[to] = lengths[from];
  }

 private:
  static std::uint32_t WordAt(const std::uint8_t* frame, std::size_t offset) {
    std::uint32_t word;
    std::memcpy(&word, frame + sizeof(EthernetHeader) + offset, sizeof word);
    return word;
  }
  void Set(std::size_t i, const IpipCompletion<std::uint32_t>& completion) {
    first_words[i] = completion.first_word;
    sums[i] = completion.sum;
    lengths[i] = std::uint64_t{completion.frame_length} << 32 | completion.frame_length;
  }
};

}  // namespace holdfast
