#include "datapath/stages.h"
#include "tables/packet_rules.h"

namespace holdfast {

void DropMartians(Batch& batch) {
  const Snapshot& snapshot = *batch.turn().snapshot;
  batch.ForEachOpen([&](PacketContext& packet) {
    if (IsFromNobody(batch.tuple(packet), snapshot)) batch.Drop(packet, DropReason::kMartianSource);
  });
}

}  // namespace holdfast
