#include <rte_mbuf.h>

#include "datapath/stages.h"
#include "datapath/target_path.h"
#include "wire/ipv4_split.h"

namespace holdfast {
namespace {

// The Ethernet header of the frame gives way to what comes before the packet.
[[gnu::always_inline]] inline void Put(rte_mbuf* mbuf, const TunnelHeader& header,
                                       const InnerPacket& inner, ForwardingMode mode) {
  const std::uint32_t before = static_cast<std::uint32_t>(header.LengthFor(mode));
  // With l2 a short frame stays as long as a frame must be.
  const bool keeps_padding = IsWithoutTunnel(mode) && mbuf->data_len <= kMinimumFrame;
  const std::uint32_t behind =
      keeps_padding ? mbuf->data_len - std::uint32_t{sizeof(EthernetHeader)} : inner.length;
  header.Write(rte_pktmbuf_mtod(mbuf, std::uint8_t*) + sizeof(EthernetHeader), inner, mode);
  mbuf->data_off = static_cast<std::uint16_t>(mbuf->data_off + sizeof(EthernetHeader) - before);
  mbuf->data_len = static_cast<std::uint16_t>(before + behind);
  mbuf->pkt_len = before + behind;
}

// What goes out says nothing of the hash that tables know the flow by.
std::uint32_t EntropyOf(const FlowHash& hash) {
  return static_cast<std::uint32_t>((hash.fingerprint ^ hash.bucket) * 0x9E3779B97F4A7C15 >> 32);
}

}  // namespace

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
  // All buffers are received into with RTE_PKTMBUF_HEADROOM before the frame.
  static_assert(RTE_PKTMBUF_HEADROOM >= TunnelHeader::kScratch);
  Put(mbuf, path.header, inner, mode);
  departures.Add(mbuf, i);
}

}  // namespace holdfast
