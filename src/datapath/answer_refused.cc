#include <rte_mbuf.h>

#include "datapath/replace_frame.h"
#include "datapath/stages.h"
#include "tables/packet_rules.h"
#include "wire/icmp.h"
#include "wire/tcp_reset.h"

namespace holdfast {
namespace {

// The length of the answer in `out`; 0 when none may be sent.
std::size_t WriteAnswer(std::span<std::uint8_t> out, FrameView frame, const ParsedPacket& packet,
                        const MacAddress& own_mac) {
  return packet.key.protocol == Protocol::kTcp
             ? WriteTcpReset(out.data(), frame, packet, own_mac)
             : WritePortUnreachable(out.data(), out.size(), frame, packet, own_mac);
}

// True when the packet has become its answer, of this kind.
bool Answer(Batch& batch, rte_mbuf* mbuf, Reply kind, ReplyLimiter& limiter) {
  const MacAddress& own_mac = batch.port().mac;
  const ParsedPacket packet = ParseFrame(FrameOf(mbuf), own_mac, true);
  std::array<std::uint8_t, kLongestIcmpError> answer;
  const std::size_t length = WriteAnswer(answer, FrameOf(mbuf), packet, own_mac);
  if (length == 0) return false;
  if (!limiter.Allows(batch.turn().cycles)) {
    batch.Count(Reply::kRateLimited);
    return false;
  }
  ReplaceFrame(mbuf, {answer.data(), length});
  batch.Reply(mbuf, kind);
  return true;
}

void EndRefused(Batch& batch, PacketContext& packet, ReplyLimiter& limiter) {
  const ServiceView& service = batch.turn().snapshot->service(packet.destination.service());
  const FlowKey flow = batch.key(packet);
  const auto kind = AnswerToRefused(service.no_target, flow.protocol, packet.segment,
                                    batch.port().IsBroadcast(flow.client));
  if (kind && Answer(batch, packet.mbuf, *kind, limiter))
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
