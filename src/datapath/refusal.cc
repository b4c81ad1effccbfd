#include "datapath/refusal.h"

#include "datapath/answer_frame.h"
#include "wire/tcp_reset.h"

namespace holdfast {
namespace {

std::size_t WriteRefusal(std::uint8_t* out, std::size_t capacity, FrameView frame,
                         const ParsedPacket& packet, const MacAddress& own_mac) {
  return packet.key.protocol == Protocol::kTcp
             ? WriteTcpReset(out, frame, packet, own_mac)
             : WritePortUnreachable(out, capacity, frame, packet, own_mac);
}

}  // namespace

bool Answer(Batch& batch, rte_mbuf* mbuf, Reply kind, ReplyLimiter& limiter) {
  return TurnIntoAnswer(batch, mbuf, kind, limiter, WriteRefusal);
}

}  // namespace holdfast
