#include "datapath/stages.h"

namespace holdfast {
namespace {

void FollowIn(const ConnectionTable& other, PacketContext& packet, const Turn& turn) {
  const auto entry = other.Find(packet.hash, turn.now);
  if (!entry || BeginsAnew(packet, *entry)) return;
  const TargetView* target = turn.snapshot->Find(entry->target);
  if (target == nullptr) return;
  packet.is_request = false;
  packet.Decide(*target, Step::kOtherWorker);
  packet.original = static_cast<std::uint16_t>(other.owner());
  packet.original_phase = entry->phase;
}

}  // namespace

void FollowOtherWorkers(Batch& batch, const Turn& turn, WorkerId self,
                        std::span<const ConnectionTable* const> all_connections) {
  for (const ConnectionTable* other : all_connections) {
    if (other->owner() == self) continue;
    for (const PacketContext& packet : batch.packets())
      if (packet.open()) other->Prefetch(packet.hash);
    for (PacketContext& packet : batch.packets())
      if (packet.open()) FollowIn(*other, packet, turn);
  }
}

}  // namespace holdfast
