#include "datapath/stages.h"
#include "tables/packet_rules.h"

namespace holdfast {

namespace {

[[gnu::noinline]] const std::uint16_t* PlaceOfIpv6(const MaglevRing& ring, RingHasher ring_hasher,
                                                   const Batch& batch,
                                                   const PacketContext& packet) {
  return PlaceOnRing(ring, ring_hasher, batch.ipv6_key(packet.number));
}

}  // namespace

void AskRing(Batch& batch, std::span<const PacketContext> packets, RingHasher ring_hasher) {
  const Snapshot& snapshot = *batch.turn().snapshot;
  for (const PacketContext& packet : packets) {
    const MaglevRing& ring = snapshot.service(packet.destination.service()).ring;
    const Ipv4Tuple& tuple = batch.tuple(packet);
    const std::uint16_t* const entry = tuple.is_ipv4()
                                           ? PlaceOnRing(ring, ring_hasher, tuple)
                                           : PlaceOfIpv6(ring, ring_hasher, batch, packet);
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
