#include "datapath/stages.h"
#include "tables/packet_rules.h"

namespace holdfast {

void AskRing(Batch& batch, std::span<const PacketContext> packets, Ipv4RingHash ring_hash) {
  const Snapshot& snapshot = *batch.turn().snapshot;
  for (const PacketContext& packet : packets) {
    const std::uint16_t* const entry = PlaceOnRing(
        snapshot.service(packet.destination.service()).ring, ring_hash, batch.tuple(packet));
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
    packet.Decide(*line, StepOfRing(packet.is_request));
    if (packet.is_request) packet.decision = Decision::kBalanced;
  });
}

}  // namespace holdfast
