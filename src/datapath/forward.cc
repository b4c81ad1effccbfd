#include <rte_mbuf.h>

#include "datapath/stages.h"
#include "datapath/target_path.h"

namespace holdfast {
namespace {

bool RewriteL2(rte_mbuf* mbuf, const TargetPath& path) {
  if (mbuf->data_len > path.longest_l2) [[unlikely]]
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
  if (static_cast<std::uint32_t>(lengths) > path.longest_ipip ||
      mbuf->data_off < OuterHeader::kIpipGrowth) [[unlikely]]
    return false;
  mbuf->data_off = static_cast<std::uint16_t>(mbuf->data_off - OuterHeader::kIpipGrowth);
  std::memcpy(static_cast<void*>(&mbuf->pkt_len), &lengths, sizeof lengths);
  path.header.WriteIpip(rte_pktmbuf_mtod(mbuf, std::uint8_t*), ipip.first_words[i], ipip.sums[i]);
  return true;
}

}  // namespace

void Forward(Batch& batch, const TargetLines& lines, std::span<Departures> departures,
             ReplyLimiter& limiter, Nat& nat) {
  const std::size_t count = batch.flow_count();
  for (std::size_t i = 0; i < count; ++i) {
    TargetLine* const line = batch.line(i);
    if (line == nullptr) [[unlikely]]
      continue;
    const TargetPath& path = PathOf(*line);
    const Destination destination = batch.destination(i);
    rte_mbuf* const mbuf = batch.mbuf(i);
    const bool goes = destination.IsIpv4InIp() ? Encapsulate(mbuf, path, batch.ipip(), i)
                                               : destination.IsL2() && RewriteL2(mbuf, path);
    if (goes) [[likely]]
      departures[Index(path.port)].Add(mbuf, i);
    else
      ForwardOtherwise(batch, i, lines.TunnelOf(*line), departures[Index(path.port)], limiter, nat);
  }
}

}  // namespace holdfast
