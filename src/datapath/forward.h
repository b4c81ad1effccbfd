// Forward: one packet to its target. By the service's forwarding mode, the target's
// MAC in, or another IPv4 header before; then it waits among the departures.
//
// Thread: the worker.
#pragma once

#include <rte_mbuf.h>

#include <span>

#include "datapath/batch.h"
#include "datapath/departures.h"
#include "datapath/target_path.h"

namespace holdfast {

namespace forward_detail {

inline bool RewriteL2(rte_mbuf* mbuf, const TargetPath& path) {
  if (mbuf->data_len > path.longest_frame) [[unlikely]]
    return false;
  path.header.WriteL2(rte_pktmbuf_mtod(mbuf, std::uint8_t*));
  return true;
}

// What the frame had after the inner packet, padding, is cut off.
inline bool Encapsulate(rte_mbuf* mbuf, const TargetPath& path) {
  auto* const frame = rte_pktmbuf_mtod(mbuf, std::uint8_t*);
  const OuterHeader::Inner inner = OuterHeader::InnerOf(frame);
  const std::uint32_t frame_length = inner.length + OuterHeader::kIpipFrame;
  if (frame_length > path.longest_frame || mbuf->data_off < OuterHeader::kIpipGrowth) [[unlikely]]
    return false;
  mbuf->data_off = static_cast<std::uint16_t>(mbuf->data_off - OuterHeader::kIpipGrowth);
  mbuf->data_len = static_cast<std::uint16_t>(frame_length);
  mbuf->pkt_len = frame_length;
  path.header.WriteIpip(frame - OuterHeader::kIpipGrowth, inner);
  return true;
}

}  // namespace forward_detail

// `departures`: by PortIndex. No neighbour or too long for the port: drop.
[[gnu::always_inline]] inline void Forward(Batch& batch, std::span<Departures> departures,
                                           rte_mbuf* mbuf, Destination destination,
                                           TargetLine& line, Step step) {
  const TargetPath& path = PathOf(line);
  const Departure departure{
      .line = &line, .by = {destination.service(), step}, .frame_length = mbuf->data_len};
  const bool goes = destination.forwarding() == ForwardingMode::kIpip
                        ? forward_detail::Encapsulate(mbuf, path)
                        : forward_detail::RewriteL2(mbuf, path);
  if (!goes) [[unlikely]]
    return batch.Drop(mbuf, path.resolved() ? DropReason::kOversized : DropReason::kNoNeighbour);
  departures[Index(path.port)].Add(mbuf, departure);
}

}  // namespace holdfast
