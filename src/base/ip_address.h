// IpAddress: an IPv4 or IPv6 address as sixteen bytes in network order.
//
// An IPv4 address is held in its IPv4-mapped form (::ffff:a.b.c.d), so that one
// type, one comparison and one hash serve both families; FromV6() turns a mapped
// address into the IPv4 address that it stands for.
#pragma once

#include <array>
#include <bit>
#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace holdfast {

class IpAddress {
 public:
  using Bytes = std::array<std::uint8_t, 16>;

  // The unspecified IPv6 address, "::".
  constexpr IpAddress() = default;

  // `address` in host order: 0xC0000201 is 192.0.2.1.
  static constexpr IpAddress FromV4(std::uint32_t address) {
    IpAddress result;
    result.bytes_ = std::bit_cast<Bytes>(
        Words{0, kMappedPrefix | std::uint64_t{__builtin_bswap32(address)} << 32});
    return result;
  }
  static constexpr IpAddress FromV6(const Bytes& bytes) {
    IpAddress result;
    result.bytes_ = bytes;
    return result;
  }
  // INVALID_ARGUMENT with the text when it is not an address.
  static absl::StatusOr<IpAddress> Parse(absl::string_view text);

  [[nodiscard]] constexpr bool IsV4() const {
    const Words words = std::bit_cast<Words>(bytes_);
    return words[0] == 0 && (words[1] & 0xffffffff) == kMappedPrefix;
  }
  // Host order. REQUIRES: IsV4().
  [[nodiscard]] constexpr std::uint32_t V4() const {
    return __builtin_bswap32(static_cast<std::uint32_t>(std::bit_cast<Words>(bytes_)[1] >> 32));
  }
  [[nodiscard]] constexpr const Bytes& bytes() const { return bytes_; }

  // 32 or 128: the prefix length of a single host.
  [[nodiscard]] constexpr int HostPrefixLength() const { return IsV4() ? 32 : 128; }
  // With the last `bits` of it cleared. REQUIRES: at most HostPrefixLength().
  [[nodiscard]] constexpr IpAddress WithoutLast(unsigned bits) const {
    constexpr std::uint64_t kAll = ~std::uint64_t{0};
    Words words = std::bit_cast<Words>(bytes_);
    words[1] &= bits >= 64 ? 0 : __builtin_bswap64(kAll << bits);
    if (bits >= 64) words[0] &= bits == 128 ? 0 : __builtin_bswap64(kAll << (bits - 64));
    IpAddress result;
    result.bytes_ = std::bit_cast<Bytes>(words);
    return result;
  }
  [[nodiscard]] bool IsUnspecified() const;
  [[nodiscard]] bool IsLoopback() const;
  [[nodiscard]] bool IsMulticast() const;
  [[nodiscard]] bool IsLimitedBroadcast() const;
  // Of a link alone, IPv6: fe80::/10. It says nothing of the link.
  [[nodiscard]] constexpr bool IsLinkLocal() const {
    return bytes_[0] == 0xfe && (bytes_[1] & 0xc0) == 0x80;
  }
  [[nodiscard]] std::string ToString() const;

  friend constexpr auto operator<=>(const IpAddress&, const IpAddress&) = default;
  friend constexpr bool operator==(const IpAddress& a, const IpAddress& b) {
    return std::bit_cast<Words>(a.bytes_)[0] == std::bit_cast<Words>(b.bytes_)[0] &&
           std::bit_cast<Words>(a.bytes_)[1] == std::bit_cast<Words>(b.bytes_)[1];
  }
  template <typename H>
  friend H AbslHashValue(H h, const IpAddress& address) {
    return H::combine_contiguous(std::move(h), address.bytes_.data(), address.bytes_.size());
  }

 private:
  // The bytes of every packet's addresses pass here: two words are faster than
  // sixteen bytes. As they lie in the memory of a little-endian machine.
  using Words = std::array<std::uint64_t, 2>;
  static_assert(std::endian::native == std::endian::little);
  static constexpr std::uint64_t kMappedPrefix = 0xffff0000;  // after eight bytes of zero

  Bytes bytes_{};
};

// An address and how many of its leading bits count (0 to 32, or to 128).
struct IpPrefix {
  IpAddress address;
  int length = 0;

  // "10.0.0.1/24"; bits outside the prefix are kept (it may be an interface's
  // own address). INVALID_ARGUMENT says what is wrong.
  static absl::StatusOr<IpPrefix> Parse(absl::string_view text);

  // False for an address of the other family.
  [[nodiscard]] bool Contains(const IpAddress& other) const;
  // The broadcast address of a subnet: IPv4, and not with a /31 (RFC 3021) or /32.
  [[nodiscard]] std::optional<IpAddress> Broadcast() const;
  // The first address in it: the bits outside the prefix cleared.
  [[nodiscard]] IpAddress Network() const;
  // True when no bit outside the prefix is set.
  [[nodiscard]] bool IsCanonical() const;
  [[nodiscard]] std::string ToString() const;

  friend bool operator==(const IpPrefix&, const IpPrefix&) = default;
};

}  // namespace holdfast
