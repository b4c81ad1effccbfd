#include "wire/rewrite.h"

#include "datapath/stages.h"

namespace holdfast {

void Rewrite(Batch& batch, const NeighbourTable& neighbours, const WorkerPorts& ports) {
  for (PacketContext& packet : batch.packets()) {
    if (packet.state != PacketState::kDecided) continue;
    const WorkerPort& out = ports[packet.target->port];
    packet.frame_length = FrameOf(packet).length;
    const auto mac = neighbours.Find(packet.target->handle.slot());
    if (!mac)
      batch.Drop(packet, DropReason::kNoNeighbour);
    else if (packet.frame_length > out.longest_frame)
      batch.Drop(packet, DropReason::kOversized);
    else
      RewriteMacs(BytesOf(packet), *mac, out.mac);
  }
}

}  // namespace holdfast
