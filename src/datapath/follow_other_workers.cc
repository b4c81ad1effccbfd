#include "datapath/stages.h"
#include "tables/packet_rules.h"

namespace holdfast {
namespace {

void FollowIn(const ConnectionTable& other, PacketContext& packet, const Batch& batch,
              TargetLines& lines) {
  const auto entry =
      other.Find(batch.hash(packet), batch.turn().now, batch.TimeoutsOf(packet.destination));
  if (!entry) return;
  if (BeginsAnew(packet.segment, batch.tuple(packet).protocol, *entry, batch.service(packet)))
    return;
  TargetLine* const line = lines.Find(entry->target);
  if (line == nullptr) return;
  packet.is_request = false;
  packet.Decide(*line, Step::kOtherWorker);
  packet.original = static_cast<std::uint16_t>(other.owner());
  packet.original_phase = entry->phase;
}

}  // namespace

void FollowOtherWorkers(Batch& batch, TargetLines& lines, WorkerId self,
                        std::span<const ConnectionTable* const> all_connections) {
  for (const ConnectionTable* other : all_connections) {
    if (other->owner() == self) continue;
    batch.ForEachOpen([&](PacketContext& packet) { other->Prefetch(batch.hash(packet)); });
    batch.ForEachOpen([&](PacketContext& packet) { FollowIn(*other, packet, batch, lines); });
  }
}

}  // namespace holdfast
