#include "balancing/ring_hash.h"
#include "datapath/stages.h"

namespace holdfast {
namespace {

const TargetView* TargetOnRing(const PacketContext& packet, const Turn& turn,
                               std::uint64_t ring_seed) {
  const MaglevRing& ring = turn.snapshot->service(packet.service).ring;
  if (ring.empty()) return nullptr;
  const std::uint16_t handle = ring.Pick(RingHash(packet.parsed.key, ring_seed));
  return turn.snapshot->Find(TargetHandle::FromRaw(handle));
}

}  // namespace

void Balance(Batch& batch, const Turn& turn, std::uint64_t ring_seed) {
  for (PacketContext& packet : batch.packets()) {
    if (!packet.open()) continue;
    const TargetView* target = TargetOnRing(packet, turn, ring_seed);
    if (target == nullptr) {
      packet.Refuse();
      if (packet.is_request) packet.decision = Decision::kRefused;
      continue;
    }
    packet.Decide(*target, packet.is_request ? Step::kBalanced : Step::kRing);
    if (packet.is_request) packet.decision = Decision::kBalanced;
  }
}

}  // namespace holdfast
