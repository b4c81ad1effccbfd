// A frame for a port, on its way between threads.
#pragma once

#include <cstdint>

#include "base/ids.h"
#include "datapath/message_ring.h"

struct rte_mbuf;

namespace holdfast {

// It owns the mbuf.
struct OutgoingFrame {
  rte_mbuf* mbuf = nullptr;
  PortIndex port{};
  std::uint8_t reserved[7] = {};
};
using OutgoingRing = MessageRing<OutgoingFrame>;

}  // namespace holdfast
