// A packet that becomes its own answer, as the rate allows.
//
// Thread: the worker.
#pragma once

#include <rte_mbuf.h>

#include <array>

#include "datapath/batch.h"
#include "datapath/replace_frame.h"
#include "datapath/reply_limiter.h"
#include "wire/icmp.h"

namespace holdfast {

// `write(out, capacity, frame, packet, own_mac)` writes the answer and returns its length; 0 when
// none may be sent. True when the packet has become its answer, of this kind; a buffer has room
// for any.
template <typename Write>
bool TurnIntoAnswer(Batch& batch, rte_mbuf* mbuf, Reply kind, ReplyLimiter& limiter,
                    Write&& write) {
  const MacAddress& own_mac = batch.port().mac;
  const ParsedPacket packet = ParseFrame(FrameOf(mbuf), own_mac, true);
  std::array<std::uint8_t, kLongestIcmpError> answer;
  const std::size_t length = write(answer.data(), answer.size(), FrameOf(mbuf), packet, own_mac);
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
