#include "datapath/refusal.h"

#include <rte_mbuf.h>

#include <cstring>

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

// The frame becomes these bytes. A mbuf has room for any answer.
void ReplaceFrame(rte_mbuf* mbuf, std::span<const std::uint8_t> bytes) {
  const auto length = static_cast<std::uint16_t>(bytes.size());
  std::memcpy(BytesOf(mbuf), bytes.data(), length);
  mbuf->data_len = length;
  mbuf->pkt_len = length;
}

}  // namespace

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

}  // namespace holdfast
