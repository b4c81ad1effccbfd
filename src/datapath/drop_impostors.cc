#include "datapath/stages.h"

namespace holdfast {

void DropImpostors(Batch& batch) {
  const Snapshot& snapshot = *batch.turn().snapshot;
  batch.ForEachOpen([&](PacketContext& packet) {
    if (snapshot.IsVip(batch.tuple(packet).client)) batch.Drop(packet, DropReason::kMartianSource);
  });
}

}  // namespace holdfast
