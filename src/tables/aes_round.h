// One round of AES (FIPS 197: SubBytes, ShiftRows, MixColumns, AddRoundKey), as
// the instruction aesenc does it, for processors that have no such instruction.
//
// Its twin over the instruction is in flow_hash_aes.cc, the only file that is
// compiled for it; a hash is written once over either (flow_hash_rounds.h).
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace holdfast {

using AesBytes = std::array<std::uint8_t, 16>;

namespace aes_detail {

// Multiplication by x in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1.
constexpr std::uint8_t TimesX(std::uint8_t value) {
  return static_cast<std::uint8_t>(value << 1 ^ (value >> 7) * 0x1b);
}

constexpr std::uint8_t RotateLeft(std::uint8_t value, int bits) {
  return static_cast<std::uint8_t>(value << bits | value >> (8 - bits));
}

// Walks all non-zero elements p as powers of 3, and their inverses q beside them.
constexpr std::array<std::uint8_t, 256> MakeSubstitution() {
  std::array<std::uint8_t, 256> table{};
  table[0] = 0x63;
  std::uint8_t p = 1;
  std::uint8_t q = 1;
  do {
    p = static_cast<std::uint8_t>(p ^ TimesX(p));
    q = static_cast<std::uint8_t>(q ^ q << 1);
    q = static_cast<std::uint8_t>(q ^ q << 2);
    q = static_cast<std::uint8_t>(q ^ q << 4);
    if ((q & 0x80) != 0) q ^= 0x09;
    table[p] = static_cast<std::uint8_t>(q ^ RotateLeft(q, 1) ^ RotateLeft(q, 2) ^
                                         RotateLeft(q, 3) ^ RotateLeft(q, 4) ^ 0x63);
  } while (p != 1);
  return table;
}
inline constexpr std::array<std::uint8_t, 256> kSubstitution = MakeSubstitution();

}  // namespace aes_detail

struct SoftwareAes {
  AesBytes state;

  static SoftwareAes Load(const AesBytes& bytes) { return {bytes}; }
  // As they lie in the memory of a little-endian machine.
  static SoftwareAes FromWords(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
    return {std::bit_cast<AesBytes>(std::array{a, b, c, d})};
  }
  void Xor(const SoftwareAes& other) {
    for (std::size_t i = 0; i < 16; ++i) state[i] ^= other.state[i];
  }
  void Round(const SoftwareAes& round_key) {
    AesBytes shifted;
    for (std::size_t i = 0; i < 16; ++i)
      shifted[i] = aes_detail::kSubstitution[state[(i + 4 * (i % 4)) % 16]];
    for (std::size_t column = 0; column < 16; column += 4) MixColumn(&shifted[column], column);
    Xor(round_key);
  }
  void Store(std::uint64_t* first, std::uint64_t* second) const {
    const auto words = std::bit_cast<std::array<std::uint64_t, 2>>(state);
    *first = words[0];
    *second = words[1];
  }

 private:
  void MixColumn(const std::uint8_t* in, std::size_t column) {
    for (std::size_t row = 0; row < 4; ++row) {
      const std::uint8_t next = in[(row + 1) % 4];
      state[column + row] =
          static_cast<std::uint8_t>(aes_detail::TimesX(static_cast<std::uint8_t>(in[row] ^ next)) ^
                                    next ^ in[(row + 2) % 4] ^ in[(row + 3) % 4]);
    }
  }
};

}  // namespace holdfast
