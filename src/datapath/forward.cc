#include <rte_mbuf.h>

#include "datapath/stages.h"
#include "datapath/target_path.h"

namespace holdfast {
namespace {

bool RewriteL2(rte_mbuf* mbuf, const TargetPath& path) {
  if (mbuf->data_len > path.longest_frame) [[unlikely]]
    return false;
  path.header.WriteL2(rte_pktmbuf_mtod(mbuf, std::uint8_t*));
  return true;
}

// What the frame had after the inner packet, padding, is cut off. pkt_len and data_len get
// their values in one store, with vlan_tci behind them, which says nothing of what is sent.
[[gnu::always_inline]] inline bool Encapsulate(rte_mbuf* mbuf, const TargetPath& path,
                                               const IpipCompletions& ipip, std::size_t i) {
  static_assert(offsetof(rte_mbuf, data_len) == offsetof(rte_mbuf, pkt_len) + 4);
  static_assert(offsetof(rte_mbuf, vlan_tci) == offsetof(rte_mbuf, pkt_len) + 6);
  const std::uint64_t lengths = ipip.lengths[i];
  if (static_cast<std::uint32_t>(lengths) > path.longest_frame ||
      mbuf->data_off < OuterHeader::kIpipGrowth) [[unlikely]]
    return false;
  mbuf->data_off = static_cast<std::uint16_t>(mbuf->data_off - OuterHeader::kIpipGrowth);
  std::memcpy(static_cast<void*>(&mbuf->pkt_len), &lengths, sizeof lengths);
  path.header.WriteIpip(rte_pktmbuf_mtod(mbuf, std::uint8_t*), ipip.first_words[i], ipip.sums[i]);
  return true;
}

// No neighbour, or too long for the port: drop.
[[gnu::noinline, gnu::cold]] void DropUnsent(Batch& batch, rte_mbuf* mbuf, const TargetPath& path) {
  batch.Drop(mbuf, path.resolved() ? DropReason::kOversized : DropReason::kNoNeighbour);
}

}  // namespace

void Forward(Batch& batch, std::span<Departures> departures) {
  const std::size_t count = batch.flow_count();
  for (std::size_t i = 0; i < count; ++i) {
    TargetLine* const line = batch.line(i);
    if (line == nullptr) [[unlikely]]
      continue;
    const TargetPath& path = PathOf(*line);
    rte_mbuf* const mbuf = batch.mbuf(i);
    const bool goes = batch.destination(i).forwarding() == ForwardingMode::kIpip
                          ? Encapsulate(mbuf, path, batch.ipip(), i)
                          : RewriteL2(mbuf, path);
    if (!goes) [[unlikely]]
      DropUnsent(batch, mbuf, path);
    else
      departures[Index(path.port)].Add(mbuf, i);
  }
}

}  // namespace holdfast
