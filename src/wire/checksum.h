// The Internet checksum (RFC 1071) and its update in place (RFC 1624).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/ip_address.h"
#include "wire/headers.h"

namespace holdfast {

// InternetChecksum: a sum that pieces are added to, one after the other.
class InternetChecksum {
 public:
  // Only the last piece may have an odd length.
  void Add(const std::uint8_t* bytes, std::size_t length) {
    std::uint32_t word = 0;
    for (; length >= sizeof word; length -= sizeof word, bytes += sizeof word) {
      std::memcpy(&word, bytes, sizeof word);
      sum_ += word;
    }
    if (length == 0) return;  // `bytes` may be null then, which memcpy() does not take
    word = 0;
    std::memcpy(&word, bytes, length);
    sum_ += word;
  }

  // What TCP, UDP and ICMPv6 add before their header (RFC 9293, RFC 8200 8.1). `length` is of
  // header and payload. REQUIRES: addresses of one family.
  void AddPseudoHeader(const IpAddress& source, const IpAddress& destination, std::uint8_t protocol,
                       std::size_t length) {
    AddAddress(source);
    AddAddress(destination);
    const BigEndian16 words[] = {BigEndian16(protocol),
                                 BigEndian16(static_cast<std::uint16_t>(length))};
    std::uint8_t bytes[sizeof words];
    std::memcpy(bytes, words, sizeof bytes);
    Add(bytes, sizeof bytes);
  }

  // The checksum of what was added, as the header stores it. Over bytes that hold
  // their own checksum it is zero when that is right.
  [[nodiscard]] BigEndian16 Result() const {
    std::uint64_t sum = sum_;
    while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
    // Words were added as this processor loads them; RFC 1071 (2.B) lets the sum
    // be stored the same way.
    return std::bit_cast<BigEndian16>(static_cast<std::uint16_t>(~sum));
  }

 private:
  void AddAddress(const IpAddress& address) {
    const std::size_t length = address.IsV4() ? 4 : 16;
    Add(address.bytes().data() + 16 - length, length);
  }

  std::uint64_t sum_ = 0;
};

inline BigEndian16 ChecksumOf(const std::uint8_t* bytes, std::size_t length) {
  InternetChecksum sum;
  sum.Add(bytes, length);
  return sum.Result();
}

// The checksum after one of the 16-bit words that it covers changed (RFC 1624,
// equation 3).
constexpr BigEndian16 UpdateChecksum(BigEndian16 checksum, std::uint16_t old_word,
                                     std::uint16_t new_word) {
  std::uint32_t sum = static_cast<std::uint16_t>(~checksum.value());
  sum += static_cast<std::uint16_t>(~old_word);
  sum += new_word;
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return BigEndian16(static_cast<std::uint16_t>(~sum));
}

}  // namespace holdfast
