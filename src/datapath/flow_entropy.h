// What tells the flows of a tunnel apart, for others.
#pragma once

#include <cstdint>

#include "tables/flow_hash.h"

namespace holdfast {

// What goes out says nothing of the hash that tables know the flow by.
inline std::uint32_t EntropyOf(const FlowHash& hash) {
  return static_cast<std::uint32_t>((hash.fingerprint ^ hash.bucket) * 0x9E3779B97F4A7C15 >> 32);
}

}  // namespace holdfast
