// IpAddress: an IPv4 or IPv6 address as sixteen bytes in network order.
//
// An IPv4 address is held in its IPv4-mapped form (::ffff:a.b.c.d), so that one
// type, one comparison and one hash serve both families; FromV6() turns a mapped
// address into the IPv4 address that it stands for.
#pragma once

#include <array>
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
    result.bytes_[10] = result.bytes_[11] = 0xff;
    for (std::size_t i = 0; i < 4; ++i)
      result.bytes_[12 + i] = static_cast<std::uint8_t>(address >> (24 - 8 * i));
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
    for (std::size_t i = 0; i < 10; ++i)
      if (bytes_[i] != 0) return false;
    return bytes_[10] == 0xff && bytes_[11] == 0xff;
  }
  // Host order. REQUIRES: IsV4().
  [[nodiscard]] constexpr std::uint32_t V4() const {
    return std::uint32_t{bytes_[12]} << 24 | std::uint32_t{bytes_[13]} << 16 |
           std::uint32_t{bytes_[14]} << 8 | bytes_[15];
  }
  [[nodiscard]] constexpr const Bytes& bytes() const { return bytes_; }

  // 32 or 128: the prefix length of a single host.
  [[nodiscard]] constexpr int HostPrefixLength() const { return IsV4() ? 32 : 128; }
  [[nodiscard]] bool IsUnspecified() const;
  [[nodiscard]] bool IsLoopback() const;
  [[nodiscard]] bool IsMulticast() const;
  [[nodiscard]] bool IsLimitedBroadcast() const;
  [[nodiscard]] std::string ToString() const;

  friend constexpr auto operator<=>(const IpAddress&, const IpAddress&) = default;
  friend constexpr bool operator==(const IpAddress&, const IpAddress&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const IpAddress& address) {
    return H::combine_contiguous(std::move(h), address.bytes_.data(), address.bytes_.size());
  }

 private:
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
  // True when no bit outside the prefix is set.
  [[nodiscard]] bool IsCanonical() const;
  [[nodiscard]] std::string ToString() const;

  friend bool operator==(const IpPrefix&, const IpPrefix&) = default;
};

}  // namespace holdfast
