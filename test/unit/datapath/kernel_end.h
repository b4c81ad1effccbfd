// The other end of a TestAppliance's kernel interface: the kernel's thread.
#pragma once

#include <rte_mbuf.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstring>
#include <vector>

#include "datapath/kernel_lane.h"
#include "support/test_appliance.h"

namespace holdfast {

inline std::vector<Frame> KernelGets(TestAppliance& appliance) {
  KernelLane& lane = *appliance.kernel();
  std::array<OutgoingFrame, 64> frames;
  std::vector<Frame> got;
  while (const std::size_t count = lane.to_kernel.Pop(frames))
    for (std::size_t i = 0; i < count; ++i) {
      const auto* bytes = rte_pktmbuf_mtod(frames[i].mbuf, const std::uint8_t*);
      got.emplace_back(bytes, bytes + rte_pktmbuf_data_len(frames[i].mbuf));
      lane.spent.Push(frames[i].mbuf);
    }
  return got;
}
inline void KernelSends(TestAppliance& appliance, const Frame& frame) {
  rte_mbuf* blank = nullptr;
  REQUIRE(appliance.kernel()->blanks.Pop({&blank, 1}) == 1);
  std::memcpy(rte_pktmbuf_append(blank, static_cast<std::uint16_t>(frame.size())), frame.data(),
              frame.size());
  REQUIRE(appliance.kernel()->from_kernel.Push({.mbuf = blank, .port = PortIndex{0}}));
}

}  // namespace holdfast
