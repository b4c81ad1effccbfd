#include "datapath/stages.h"

namespace holdfast {

void DropMartians(Batch& batch) {
  const Snapshot& snapshot = *batch.turn().snapshot;
  batch.ForEachOpen([&](PacketContext& packet) {
    const Ipv4Tuple& tuple = batch.tuple(packet);
    const bool nobody =
        IsMartianSource(__builtin_bswap32(tuple.client), __builtin_bswap32(tuple.vip));
    if (nobody || snapshot.IsVip(tuple.client)) batch.Drop(packet, DropReason::kMartianSource);
  });
}

}  // namespace holdfast
