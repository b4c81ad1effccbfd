#include <rte_mbuf.h>

#include "datapath/flow_entropy.h"
#include "datapath/put_headers.h"
#include "datapath/stages.h"
#include "datapath/target_path.h"
#include "wire/ipv4_split.h"

namespace holdfast {
void ForwardOtherwise(Batch& batch, std::size_t i, const TunnelPath& path, Departures& departures,
                      ReplyLimiter& limiter, Nat& nat) {
  rte_mbuf* const mbuf = batch.mbuf(i);
  if (!path.resolved) [[unlikely]]
    return batch.Drop(mbuf, DropReason::kNoNeighbour);
  const ForwardingMode mode = path.forwarding.value_or(batch.destination(i).forwarding());
  const auto inner =
      InnerPacket::Of(rte_pktmbuf_mtod(mbuf, const std::uint8_t*) + sizeof(EthernetHeader),
                      batch.tuple(i).is_ipv4(), EntropyOf(batch.hash(i)));
  const bool fits = inner.length <= path.LongestInner(mode, inner.is_ipv4);
  if (mode == ForwardingMode::kNat) {
    // Whoever is told that it does not fit is told what he sent.
    const bool goes = fits || MayBeSplit(inner.bytes, inner.is_ipv4);
    if (goes && !nat.ToTarget(batch, i, *batch.line(i))) return;
  }
  if (!fits) [[unlikely]]
    return ForwardTooLong(batch, i, path, mode, inner, departures, limiter);
  PutHeaders(mbuf, path.header, inner, mode);
  departures.Add(mbuf, i);
}

}  // namespace holdfast
