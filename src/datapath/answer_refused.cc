#include <rte_mbuf.h>

#include <cstring>

#include "datapath/stages.h"
#include "wire/icmp.h"
#include "wire/tcp_reset.h"

namespace holdfast {
namespace {

// The length of the answer in `out`; 0 when none may be sent.
std::size_t WriteAnswer(std::span<std::uint8_t> out, const PacketContext& packet,
                        const MacAddress& own_mac) {
  const FrameView frame = FrameOf(packet);
  return packet.parsed.key.protocol == Protocol::kTcp
             ? WriteTcpReset(out.data(), frame, packet.parsed, own_mac)
             : WritePortUnreachable(out.data(), out.size(), frame, packet.parsed, own_mac);
}

// The frame of `packet` becomes these bytes. A mbuf has room for any answer.
void ReplaceFrame(PacketContext& packet, std::span<const std::uint8_t> bytes) {
  const auto length = static_cast<std::uint16_t>(bytes.size());
  std::memcpy(BytesOf(packet), bytes.data(), length);
  packet.mbuf->data_len = length;
  packet.mbuf->pkt_len = length;
}

void Answer(Batch& batch, PacketContext& packet, const Turn& turn, ReplyLimiter& limiter) {
  if (batch.port().IsBroadcast(packet.parsed.key.client)) return;
  std::array<std::uint8_t, kLongestPortUnreachable> answer;
  const std::size_t length = WriteAnswer(answer, packet, batch.port().mac);
  if (length == 0) return;
  if (!limiter.Allows(turn.cycles)) return batch.Count(Reply::kRateLimited);
  ReplaceFrame(packet, {answer.data(), length});
  packet.BecomeReply(packet.parsed.key.protocol == Protocol::kTcp ? Reply::kTcpReset
                                                                  : Reply::kPortUnreachable);
}

}  // namespace

void AnswerRefused(Batch& batch, const Turn& turn, ReplyLimiter& limiter) {
  for (PacketContext& packet : batch.packets()) {
    if (packet.state != PacketState::kRefused) continue;
    batch.Drop(packet, DropReason::kNoTarget);
    if (turn.snapshot->service(packet.service).no_target == NoTargetPolicy::kReject)
      Answer(batch, packet, turn, limiter);
  }
}

}  // namespace holdfast
