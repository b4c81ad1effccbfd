#include "datapath/stages.h"

namespace holdfast {
namespace {

DropReason WhyNoService(const FlowKey& key, const Turn& turn, const WorkerPorts& ports) {
  const bool ours = turn.snapshot->IsVip(key.vip) || ports.Own(key.vip);
  return ours ? DropReason::kNoService : DropReason::kNotOurAddress;
}

}  // namespace

void ClassifyService(Batch& batch, const Turn& turn, const WorkerPorts& ports) {
  for (PacketContext& packet : batch.packets()) {
    if (!packet.open()) continue;
    const FlowKey& key = packet.parsed.key;
    packet.service = turn.snapshot->Classify(key.vip, key.protocol, key.vip_port);
    if (packet.service == kNoService)
      batch.Drop(packet, WhyNoService(key, turn, ports));
    else if (turn.snapshot->IsVip(key.client))
      batch.Drop(packet, DropReason::kMartianSource);
    else
      packet.is_request = key.protocol == Protocol::kUdp || packet.IsTcpRequest();
  }
}

}  // namespace holdfast
