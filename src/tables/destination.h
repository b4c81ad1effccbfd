// Destination: a service, and how its packets go on, in one word.
#pragma once

#include <cstdint>

#include "base/ids.h"
#include "tables/word_map.h"

namespace holdfast {

// How a packet reaches its target.
enum class ForwardingMode : std::uint8_t {
  kL2,    // with the target's MAC
  kIpip,  // inside another IPv4 header, to the target's address (RFC 2003)
};

class Destination {
 public:
  constexpr Destination() = default;  // no service
  constexpr Destination(ServiceSlot service, ForwardingMode forwarding)
      : word_(static_cast<std::uint32_t>(forwarding) << 16 | static_cast<std::uint32_t>(service)) {}
  static constexpr Destination FromWord(std::uint32_t word) {
    Destination destination;
    destination.word_ = word;
    return destination;
  }

  [[nodiscard]] constexpr bool exists() const { return word_ != WordMap::kNone; }
  [[nodiscard]] constexpr ServiceSlot service() const { return ServiceSlot(word_ & 0xffff); }
  [[nodiscard]] constexpr ForwardingMode forwarding() const {
    return static_cast<ForwardingMode>(word_ >> 16);
  }
  [[nodiscard]] constexpr std::uint32_t word() const { return word_; }
  friend constexpr bool operator==(Destination, Destination) = default;

 private:
  std::uint32_t word_ = WordMap::kNone;
};
static_assert(Destination().service() == kNoService);

}  // namespace holdfast
