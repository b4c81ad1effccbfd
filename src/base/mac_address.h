// MacAddress: an Ethernet address, in the order of the wire.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace holdfast {

struct MacAddress {
  std::array<std::uint8_t, 6> bytes{};

  // "02:00:00:00:00:01". INVALID_ARGUMENT with the text otherwise.
  static absl::StatusOr<MacAddress> Parse(absl::string_view text);
  [[nodiscard]] std::string ToString() const;

  // Broadcast is a multicast address too.
  [[nodiscard]] constexpr bool IsMulticast() const { return (bytes[0] & 1) != 0; }
  [[nodiscard]] constexpr bool IsZero() const { return *this == MacAddress{}; }

  // The 48 bits in the low part of a word, for an atomic.
  [[nodiscard]] constexpr std::uint64_t ToUint64() const {
    std::uint64_t value = 0;
    for (const std::uint8_t byte : bytes) value = value << 8 | byte;
    return value;
  }
  static constexpr MacAddress FromUint64(std::uint64_t value) {
    MacAddress mac;
    for (std::size_t i = 0; i < 6; ++i)
      mac.bytes[i] = static_cast<std::uint8_t>(value >> (40 - 8 * i));
    return mac;
  }

  friend constexpr bool operator==(const MacAddress&, const MacAddress&) = default;
};

inline constexpr MacAddress kBroadcastMac{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

}  // namespace holdfast
