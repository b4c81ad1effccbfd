// A packet that was received becomes the answer to it.
#pragma once

#include <rte_mbuf.h>

#include <cstdint>
#include <cstring>
#include <span>

namespace holdfast {

// The frame becomes these bytes. A mbuf has room for any answer.
inline void ReplaceFrame(rte_mbuf* mbuf, std::span<const std::uint8_t> bytes) {
  const auto length = static_cast<std::uint16_t>(bytes.size());
  std::memcpy(rte_pktmbuf_mtod(mbuf, void*), bytes.data(), length);
  mbuf->data_len = length;
  mbuf->pkt_len = length;
}

}  // namespace holdfast
