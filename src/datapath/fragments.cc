#include "datapath/fragments.h"

#include <rte_mbuf.h>

#include <algorithm>

namespace holdfast {

FlowKey Fragments::DatagramOf(const ParsedPacket& fragment) {
  constexpr std::uint8_t kNoProtocolOfOurs = 0x80;
  FlowKey key = fragment.key;
  key.client_port = static_cast<std::uint16_t>(fragment.fragment_id >> 16);
  key.vip_port = static_cast<std::uint16_t>(fragment.fragment_id);
  key.protocol = Protocol(static_cast<std::uint8_t>(key.protocol) | kNoProtocolOfOurs);
  return key;
}

bool Fragments::Hold(rte_mbuf* mbuf, PortIndex port, const FlowHash& datagram,
                     std::uint64_t cycles) {
  if (waiting_count_ == kWaiting) return false;
  waiting_[waiting_count_++] = {mbuf, datagram, cycles + patience_, port};
  return true;
}

Fragments::Ready Fragments::TakeReady(std::span<rte_mbuf*> ready, CoarseTick now) {
  Ready taken;
  std::size_t left = 0;
  for (std::size_t i = 0; i < waiting_count_; ++i) {
    const Waiting& one = waiting_[i];
    const bool fits = taken.count < ready.size() && (taken.count == 0 || one.port == taken.port);
    if (fits && table_.Find(one.datagram, now)) {
      taken.port = one.port;
      ready[taken.count++] = one.mbuf;
    } else {
      waiting_[left++] = one;
    }
  }
  waiting_count_ = left;
  return taken;
}

std::size_t Fragments::GiveUp(std::uint64_t cycles,
                              absl::FunctionRef<void(const rte_mbuf*, PortIndex)> show) {
  const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(waiting_count_);
  const auto kept = std::stable_partition(waiting_.begin(), end,
                                          [&](const Waiting& one) { return cycles < one.until; });
  for (auto one = kept; one != end; ++one) {
    show(one->mbuf, one->port);
    rte_pktmbuf_free(one->mbuf);
  }
  waiting_count_ = static_cast<std::size_t>(kept - waiting_.begin());
  return static_cast<std::size_t>(end - kept);
}

}  // namespace holdfast
