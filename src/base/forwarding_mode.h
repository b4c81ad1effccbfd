// How a packet gets from the balancer to its target.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace holdfast {

enum class ForwardingMode : std::uint8_t {
  kL2,    // with the target's MAC, as it came
  kIpip,  // inside another IP header, to the target's address (RFC 2003, 2473, 4213)
  kGue,   // inside UDP, to the target's address (generic UDP encapsulation, variant 1)
  kNat,   // from an address of ours to the target's; replies come back by us (RFC 3022)
};

// By ForwardingMode. An API.
inline constexpr std::array<std::string_view, 4> kForwardingNames = {"l2", "ipip", "gue", "nat"};
// What is sent is the client's packet, with nothing put before it.
constexpr bool IsWithoutTunnel(ForwardingMode mode) {
  return mode == ForwardingMode::kL2 || mode == ForwardingMode::kNat;
}
inline std::string_view NameOf(ForwardingMode mode) {
  return kForwardingNames[static_cast<std::size_t>(mode)];
}

// Where targets take GUE packets if nothing else is said: IANA's "gue".
inline constexpr std::uint16_t kGuePort = 6080;

}  // namespace holdfast
