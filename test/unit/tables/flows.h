// Flows by number, and their hashes under a fixed key, so that a test that fails
// fails again.
#pragma once

#include <cstdint>

#include "base/flow_key.h"
#include "tables/flow_hash.h"

namespace holdfast::testing {

inline constexpr HashKey kFixedKey{{0x0123456789abcdef, 0xfedcba9876543210}};

// All different, up to 2^32 of them; to 192.0.2.1:80.
inline FlowKey Flow(std::uint32_t number) {
  return {IpAddress::FromV4(0x0a000000 + (number >> 16)), IpAddress::FromV4(0xc0000201),
          static_cast<std::uint16_t>(number), 80, Protocol::kTcp};
}

inline FlowHash HashOf(std::uint32_t number) { return HashFlow(kFixedKey, Flow(number)); }

}  // namespace holdfast::testing
