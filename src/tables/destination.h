// Destination: a service, and how its packets go on, in one word:
//   service (16 bits) | forwarding mode (8) | its VIP is IPv4 (1)
#pragma once

#include <cstdint>

#include "base/forwarding_mode.h"
#include "base/ids.h"
#include "tables/word_map.h"

namespace holdfast {

class Destination {
 public:
  constexpr Destination() = default;  // no service
  constexpr Destination(ServiceSlot service, ForwardingMode forwarding, bool is_ipv4)
      : word_(WayOf(forwarding, is_ipv4) << 16 | static_cast<std::uint32_t>(service)) {}
  static constexpr Destination FromWord(std::uint32_t word) {
    Destination destination;
    destination.word_ = word;
    return destination;
  }

  [[nodiscard]] constexpr bool exists() const { return word_ != WordMap::kNone; }
  [[nodiscard]] constexpr ServiceSlot service() const { return ServiceSlot(word_ & 0xffff); }
  [[nodiscard]] constexpr ForwardingMode forwarding() const {
    return static_cast<ForwardingMode>(word_ >> 16 & 0xff);
  }
  [[nodiscard]] constexpr bool is_ipv4() const { return (word_ >> 24 & 1) != 0; }
  // Both its forwarding mode and its VIP's family are the other's.
  [[nodiscard]] constexpr bool GoesAs(Destination other) const {
    return ((word_ ^ other.word_) >> 16) == 0;
  }
  [[nodiscard]] constexpr std::uint32_t word() const { return word_; }
  friend constexpr bool operator==(Destination, Destination) = default;

 private:
  static constexpr std::uint32_t WayOf(ForwardingMode forwarding, bool is_ipv4) {
    return static_cast<std::uint32_t>(is_ipv4) << 8 | static_cast<std::uint32_t>(forwarding);
  }

  std::uint32_t word_ = WordMap::kNone;
};
static_assert(Destination().service() == kNoService);

}  // namespace holdfast
