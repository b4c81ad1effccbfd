#include "datapath/stages.h"

namespace holdfast {

void AskRing(Batch& batch, std::span<const PacketContext> packets, Ipv4RingHash ring_hash) {
  const Snapshot& snapshot = *batch.turn().snapshot;
  for (const PacketContext& packet : packets) {
    const MaglevRing& ring = snapshot.service(packet.destination.service()).ring;
    const std::uint16_t* const entry =
        ring.empty() ? nullptr : ring.Find(ring_hash.Of(batch.tuple(packet)));
    batch.ring_entry(packet) = entry;
    __builtin_prefetch(entry);
  }
}

void Balance(Batch& batch, TargetLines& lines) {
  batch.ForEachOpen([&](PacketContext& packet) {
    const std::uint16_t* const entry = batch.ring_entry(packet);
    TargetLine* const line = entry == nullptr ? nullptr : lines.Find(TargetHandle::FromRaw(*entry));
    if (line == nullptr) [[unlikely]] {
      packet.Refuse();
      if (packet.is_request) packet.decision = Decision::kRefused;
      return;
    }
    packet.Decide(*line, packet.is_request ? Step::kBalanced : Step::kRing);
    if (packet.is_request) packet.decision = Decision::kBalanced;
  });
}

}  // namespace holdfast
