#include "datapath/refusal.h"
#include "datapath/stages.h"

namespace holdfast {

void AnswerStrays(Batch& batch, ReplyLimiter& limiter) {
  for (const StrayContext& stray : batch.strays()) {
    if (Answer(batch, stray.mbuf, stray.reply, limiter))
      batch.Count(stray.reason, stray.mbuf);
    else
      batch.Drop(stray.mbuf, stray.reason);
  }
}

}  // namespace holdfast
