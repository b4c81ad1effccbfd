// Changes to a frame that is forwarded.
#pragma once

#include <cstdint>

#include "wire/headers.h"

namespace holdfast {

// REQUIRES: `frame` holds an Ethernet header.
inline void RewriteMacs(std::uint8_t* frame, const MacAddress& destination,
                        const MacAddress& source) {
  std::memcpy(frame + offsetof(EthernetHeader, destination), &destination, sizeof destination);
  std::memcpy(frame + offsetof(EthernetHeader, source), &source, sizeof source);
}

}  // namespace holdfast
