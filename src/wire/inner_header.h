// InnerHeader: what an outer header needs of the IPv4 header that it is put before: its
// first four bytes, as they lie in the memory of a little-endian machine.
#pragma once

#include <cstdint>
#include <cstring>

#include "wire/headers.h"

namespace holdfast {

struct InnerHeader {
  std::uint32_t word = 0;

  // REQUIRES: `frame` holds an Ethernet and an IPv4 header.
  static InnerHeader Of(const std::uint8_t* frame) {
    InnerHeader inner;
    std::memcpy(&inner.word, frame + sizeof(EthernetHeader), sizeof inner.word);
    return inner;
  }
  [[nodiscard]] std::uint16_t length() const {  // IPv4 total length
    return __builtin_bswap16(static_cast<std::uint16_t>(word >> 16));
  }
};

}  // namespace holdfast
