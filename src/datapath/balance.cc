#include "balancing/ring_hash.h"
#include "datapath/stages.h"

namespace holdfast {
namespace {

TargetLine* TargetOnRing(const PacketContext& packet, const Batch& batch, TargetLines& lines,
                         std::uint64_t ring_seed) {
  const MaglevRing& ring = batch.turn().snapshot->service(packet.destination.service()).ring;
  if (ring.empty()) return nullptr;
  const std::uint16_t handle = ring.Pick(RingHash(batch.tuple(packet).Key(), ring_seed));
  return lines.Find(TargetHandle::FromRaw(handle));
}

}  // namespace

void Balance(Batch& batch, TargetLines& lines, std::uint64_t ring_seed) {
  batch.ForEachOpen([&](PacketContext& packet) {
    TargetLine* const line = TargetOnRing(packet, batch, lines, ring_seed);
    if (line == nullptr) {
      packet.Refuse();
      if (packet.is_request) packet.decision = Decision::kRefused;
      return;
    }
    packet.Decide(*line, packet.is_request ? Step::kBalanced : Step::kRing);
    if (packet.is_request) packet.decision = Decision::kBalanced;
  });
}

}  // namespace holdfast
