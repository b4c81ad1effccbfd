#include "datapath/answer_frame.h"
#include "datapath/stages.h"
#include "tables/packet_rules.h"
#include "wire/tcp_reset.h"

namespace holdfast {
namespace {

std::size_t WriteRefusal(std::uint8_t* out, std::size_t capacity, FrameView frame,
                         const ParsedPacket& packet, const MacAddress& own_mac) {
  return packet.key.protocol == Protocol::kTcp
             ? WriteTcpReset(out, frame, packet, own_mac)
             : WritePortUnreachable(out, capacity, frame, packet, own_mac);
}

void EndRefused(Batch& batch, PacketContext& packet, ReplyLimiter& limiter) {
  const ServiceView& service = batch.turn().snapshot->service(packet.destination.service());
  const FlowKey flow = batch.key(packet);
  const auto kind = AnswerToRefused(service.no_target, flow.protocol, packet.segment,
                                    batch.port().IsBroadcast(flow.client));
  if (kind && TurnIntoAnswer(batch, packet.mbuf, *kind, limiter, WriteRefusal))
    batch.Count(DropReason::kNoTarget);
  else
    batch.Drop(packet, DropReason::kNoTarget);
}

}  // namespace

void AnswerRefused(Batch& batch, ReplyLimiter& limiter) {
  for (PacketContext& packet : batch.unknown())
    if (packet.state == PacketState::kRefused) EndRefused(batch, packet, limiter);
}

}  // namespace holdfast
