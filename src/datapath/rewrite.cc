#include <rte_mbuf.h>

#include "datapath/stages.h"

namespace holdfast {
namespace {

void RewriteL2(Batch& batch, PacketContext& packet, const TargetLines::Line& line) {
  if (packet.frame_length > line.longest_frame) return batch.Drop(packet, DropReason::kOversized);
  line.header.WriteL2(BytesOf(packet));
}

// What the frame had after the inner packet, padding, is cut off.
void Encapsulate(Batch& batch, PacketContext& packet, const TargetLines::Line& line) {
  const auto inner = Load<Ipv4Header>(BytesOf(packet) + sizeof(EthernetHeader));
  const auto length = inner.total_length.value();
  const std::size_t outer_frame = sizeof(EthernetHeader) + OuterHeader::kIpipGrowth + length;
  if (outer_frame > line.longest_frame) return batch.Drop(packet, DropReason::kOversized);
  if (rte_pktmbuf_prepend(packet.mbuf, OuterHeader::kIpipGrowth) == nullptr)
    return batch.Drop(packet, DropReason::kOversized);
  packet.mbuf->data_len = static_cast<std::uint16_t>(outer_frame);
  packet.mbuf->pkt_len = static_cast<std::uint32_t>(outer_frame);
  line.header.WriteIpip(BytesOf(packet), length, inner.tos);
}

void Rewrite(Batch& batch, PacketContext& packet, const Turn& turn, TargetLines& lines) {
  const TargetLines::Line& line = lines.For(*packet.target);
  packet.frame_length = FrameOf(packet).length;
  if (!line.resolved) return batch.Drop(packet, DropReason::kNoNeighbour);
  if (turn.snapshot->service(packet.service).forwarding == ForwardingMode::kL2)
    RewriteL2(batch, packet, line);
  else
    Encapsulate(batch, packet, line);
}

}  // namespace

void Rewrite(Batch& batch, const Turn& turn, TargetLines& lines) {
  lines.Follow(*turn.snapshot);
  for (PacketContext& packet : batch.packets())
    if (packet.state == PacketState::kDecided) Rewrite(batch, packet, turn, lines);
}

}  // namespace holdfast
