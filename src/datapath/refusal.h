// What a sender is told whose packet nobody takes (row P6): a TCP RST, or an ICMP port
// unreachable.
//
// Thread: the worker.
#pragma once

#include "datapath/batch.h"
#include "datapath/reply_limiter.h"

namespace holdfast {

// True when the packet has become its answer, of this kind. False when none may be sent, or
// the rate is exceeded, which is counted: the packet is as it was.
bool Answer(Batch& batch, rte_mbuf* mbuf, Reply kind, ReplyLimiter& limiter);

}  // namespace holdfast
