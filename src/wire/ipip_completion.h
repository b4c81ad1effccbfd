// IpipCompletion: what makes the outer IPv4 header of a packet (outer_header.h) complete,
// made of the inner one.
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

  // `word`: the inner header's first one, as it lies in memory.
  [[gnu::always_inline]] static constexpr IpipCompletion Of(Number word) {
    const Number inner_length = word >> 24 | (word >> 8 & 0xff00);
    const Number length = inner_length + std::uint32_t{sizeof(Ipv4Header)};
    const Number big_endian = (length >> 8 & 0xff) | (length & 0xff) << 8;
    const Number tos = word & 0xff00;
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
    std::uint32_t word;
    std::memcpy(&word, frame + sizeof(EthernetHeader), sizeof word);
    const auto completion = IpipCompletion<std::uint32_t>::Of(word);
    first_words[i] = completion.first_word;
    sums[i] = completion.sum;
    lengths[i] = std::uint64_t{completion.frame_length} << 32 | completion.frame_length;
  }
  void Move(std::size_t from, std::size_t to) {
    first_words[to] = first_words[from];
    sums[to] = sums[from];
    lengths[to] = lengths[from];
  }
};

}  // namespace holdfast
