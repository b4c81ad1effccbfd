#include "datapath/stages.h"

namespace holdfast {
namespace {

DropReason WhyNoService(const Batch& batch, const Ipv4Tuple& tuple, const WorkerPorts& ports) {
  const IpAddress address = tuple.Key().vip;
  const bool ours = batch.turn().snapshot->IsVip(address) || ports.Own(address);
  return ours ? DropReason::kNoService : DropReason::kNotOurAddress;
}

}  // namespace

void ClassifyService(Batch& batch, const WorkerPorts& ports) {
  const Snapshot& snapshot = *batch.turn().snapshot;
  batch.ForEachOpen([&](PacketContext& packet) {
    const Ipv4Tuple& tuple = batch.tuple(packet);
    const Snapshot::Destination destination = snapshot.Classify(tuple);
    packet.service = destination.service;
    packet.forwarding = destination.forwarding;
    if (destination.service == kNoService) [[unlikely]]
      batch.Drop(packet, WhyNoService(batch, tuple, ports));
  });
}

}  // namespace holdfast
