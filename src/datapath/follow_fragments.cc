#include "datapath/stages.h"

namespace holdfast {

bool AddLaterFragment(Batch& batch, std::size_t i, const ParsedPacket& packet,
                      Fragments& fragments) {
  const FlowKey datagram = Fragments::DatagramOf(packet);
  const FlowHash hash = fragments.HashOf(datagram);
  const Turn& turn = batch.turn();
  if (const auto way = fragments.Find(hash, turn.now)) {
    batch.AddFlow(i, datagram, way->destination, packet.segment);
    batch.NoteLaterFragment();
    return true;
  }
  if (!fragments.Hold(batch.received()[i], batch.port().index, hash, turn.cycles)) return false;
  batch.NoteHeld(batch.received()[i]);
  return true;
}

bool AddLaterFragmentOfReturn(Batch& batch, std::size_t i, const ParsedPacket& packet,
                              const Fragments& fragments) {
  const FlowHash hash = fragments.HashOf(Fragments::DatagramOf(packet));
  const auto way = fragments.Find(hash, batch.turn().now);
  if (!way) return false;
  batch.AddReturn({.mbuf = batch.received()[i],
                   .datagram = hash,
                   .owner = WorkerId(way->destination.word()),
                   .kind = ReturnContext::Kind::kLaterFragment,
                   .segment = packet.segment,
                   .length = FrameOf(batch.received()[i]).length},
                  {});
  return true;
}

void FollowFragments(Batch& batch, TargetLines& lines, const Fragments& fragments) {
  if (!batch.has_later_fragments()) return;
  batch.ForEachOpen([&](PacketContext& packet) {
    if (!packet.segment.passive) return;
    const auto way = fragments.Find(batch.hash(packet), batch.turn().now);
    if (!way) return;  // an ICMP error
    if (TargetLine* const line = lines.Find(way->target))
      packet.Decide(*line, Step::kConnection);
    else
      packet.Refuse();
  });
}

void RememberFragments(Batch& batch, Fragments& fragments) {
  for (const auto& first : batch.first_fragments()) {
    const TargetLine* const line = batch.line(first.number);
    if (line == nullptr) continue;
    fragments.Remember(first.datagram, {batch.destination(first.number), PathOf(*line).handle()},
                       batch.turn().now);
  }
}

}  // namespace holdfast
