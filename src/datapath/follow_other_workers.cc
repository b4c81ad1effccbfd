#include "datapath/stages.h"
#include "tables/packet_rules.h"

namespace holdfast {
namespace {

bool GoesByNat(const PacketContext& packet, const TargetLine& line, const TargetLines& lines) {
  return lines.TunnelOf(line).forwarding.value_or(packet.destination.forwarding()) ==
         ForwardingMode::kNat;
}

void HandOver(Batch& batch, PacketContext& packet, WorkerId owner, Handover& handover) {
  if (!handover.Give(owner, packet.mbuf, batch.port().index))
    return batch.Drop(packet, DropReason::kHandoverFull);
  packet.state = PacketState::kHandedOver;
  batch.NoteHandedOver(packet.mbuf);
}

void FollowIn(const ConnectionTable& other, PacketContext& packet, Batch& batch, TargetLines& lines,
              Handover& handover) {
  const auto entry =
      other.Find(batch.hash(packet), batch.turn().now, batch.TimeoutsOf(packet.destination));
  if (!entry) return;
  if (BeginsAnew(packet.segment, batch.tuple(packet).protocol, *entry, batch.service(packet)))
    return;
  TargetLine* const line = lines.Find(entry->target);
  if (line == nullptr) return;
  packet.is_request = false;
  if (GoesByNat(packet, *line, lines)) [[unlikely]]
    return HandOver(batch, packet, other.owner(), handover);
  packet.Decide(*line, Step::kOtherWorker);
  packet.original = static_cast<std::uint16_t>(other.owner());
  packet.original_phase = entry->phase;
}

}  // namespace

void FollowOtherWorkers(Batch& batch, TargetLines& lines, WorkerId self,
                        std::span<const ConnectionTable* const> all_connections,
                        Handover& handover) {
  for (const ConnectionTable* other : all_connections) {
    if (other->owner() == self) continue;
    batch.ForEachOpen([&](PacketContext& packet) { other->Prefetch(batch.hash(packet)); });
    batch.ForEachOpen(
        [&](PacketContext& packet) { FollowIn(*other, packet, batch, lines, handover); });
  }
}

}  // namespace holdfast
