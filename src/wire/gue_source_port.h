// The port that GUE packets of a flow come from: routers and the target's NIC spread flows by it.
#pragma once

#include <cstdint>

namespace holdfast {

// RFC 6335: of the dynamic ports, so that none is taken for a service's.
inline constexpr std::uint16_t kFirstGueSourcePort = 0xc000;

// `entropy`: the same for all packets of a flow.
constexpr std::uint16_t GueSourcePort(std::uint32_t entropy) {
  return static_cast<std::uint16_t>(kFirstGueSourcePort | (entropy >> 16 & 0x3fff));
}

}  // namespace holdfast
