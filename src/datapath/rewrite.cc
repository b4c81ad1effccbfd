#include <rte_mbuf.h>

#include "datapath/stages.h"

namespace holdfast {
namespace {

constexpr std::uint32_t kOutside = sizeof(EthernetHeader) + OuterHeader::kIpipGrowth;

// What the frame had after the inner packet, padding, is cut off.
bool Encapsulate(const PacketContext& packet, const TargetPath& path) {
  rte_mbuf* const mbuf = packet.mbuf;
  const std::uint32_t outer_frame = kOutside + packet.length;
  if (outer_frame > path.longest_frame || mbuf->data_off < OuterHeader::kIpipGrowth) [[unlikely]]
    return false;
  mbuf->data_off = static_cast<std::uint16_t>(mbuf->data_off - OuterHeader::kIpipGrowth);
  mbuf->data_len = static_cast<std::uint16_t>(outer_frame);
  mbuf->pkt_len = outer_frame;
  path.header.WriteIpip(rte_pktmbuf_mtod(mbuf, std::uint8_t*), packet.length);
  return true;
}

bool RewriteL2(const PacketContext& packet, const TargetPath& path) {
  if (packet.frame_length > path.longest_frame) [[unlikely]]
    return false;
  path.header.WriteL2(rte_pktmbuf_mtod(packet.mbuf, std::uint8_t*));
  return true;
}

void Rewrite(Batch& batch, PacketContext& packet, std::span<Departures> departures) {
  const TargetPath& path = PathOf(*packet.line);
  if (!path.resolved) [[unlikely]]
    return batch.Drop(packet, DropReason::kNoNeighbour);
  const bool fits = packet.forwarding == ForwardingMode::kL2 ? RewriteL2(packet, path)
                                                             : Encapsulate(packet, path);
  if (!fits) [[unlikely]]
    return batch.Drop(packet, DropReason::kOversized);
  departures[Index(path.port)].Add(packet);
}

}  // namespace

void Rewrite(Batch& batch, std::span<Departures> departures) {
  for (PacketContext& packet : batch.flows())
    if (packet.state == PacketState::kDecided) Rewrite(batch, packet, departures);
}

}  // namespace holdfast
