#include "datapath/refusal.h"
#include "datapath/stages.h"
#include "tables/packet_rules.h"

namespace holdfast {
namespace {

void EndRefused(Batch& batch, PacketContext& packet, ReplyLimiter& limiter) {
  const ServiceView& service = batch.turn().snapshot->service(packet.destination.service());
  const FlowKey flow = batch.key(packet);
  const auto kind = AnswerToRefused(service.no_target, flow.protocol, packet.segment,
                                    batch.port().IsBroadcast(flow.client));
  if (kind && Answer(batch, packet.mbuf, *kind, limiter))
    batch.Count(DropReason::kNoTarget, packet.mbuf);
  else
    batch.Drop(packet, DropReason::kNoTarget);
}

}  // namespace

void AnswerRefused(Batch& batch, ReplyLimiter& limiter) {
  for (PacketContext& packet : batch.unknown())
    if (packet.state == PacketState::kRefused) EndRefused(batch, packet, limiter);
}

}  // namespace holdfast
