#include "datapath/stages.h"
#include "tables/packet_rules.h"

namespace holdfast {
namespace {

// The owner that answers for the packet, and what; no line when there is none.
struct Followed {
  TargetLine* line = nullptr;
  bool refuses = false;
};
Followed Follow(const AffinityTable::Question& question, const PacketContext& packet,
                const Batch& batch, TargetLines& lines, const AffinityTable& affinities,
                std::uint64_t& passed_over) {
  const Snapshot& snapshot = *batch.turn().snapshot;
  const ServiceView& service = batch.service(packet);
  bool refuses = false;
  const auto owner = affinities.Find(question, [&](TargetHandle handle) {
    const OwnerAnswer answer = AnswerOfOwner(snapshot.Find(handle), service, packet.is_request);
    passed_over += answer == OwnerAnswer::kPassedOver ? 1 : 0;
    refuses = answer == OwnerAnswer::kRefuses;
    return answer != OwnerAnswer::kPassedOver;
  });
  if (!owner) return {};
  if (owner->extends && packet.is_request && !refuses) affinities.NoteServed(*owner);
  return {lines.Find(owner->target), refuses};
}

bool AnyInUse(Batch& batch, const AffinityTable& affinities) {
  bool any = false;
  batch.ForEachOpen(
      [&](const PacketContext& packet) { any |= affinities.InUse(packet.destination.service()); });
  return any;
}

}  // namespace

void FollowAffinity(Batch& batch, TargetLines& lines, const AffinityTable& affinities,
                    WorkerCounters& counters) {
  if (!AnyInUse(batch, affinities)) return;
  std::array<AffinityTable::Question, Batch::kCapacity> questions;
  std::size_t asked = 0;
  batch.ForEachOpen([&](PacketContext& packet) {
    const FlowKey key = batch.key(packet);
    questions[asked++] =
        affinities.Ask(packet.destination.service(), key.client, ClientPortOf(key), key.vip_port);
  });
  std::size_t next = 0;
  std::uint64_t passed_over = 0;
  batch.ForEachOpen([&](PacketContext& packet) {
    const Followed followed =
        Follow(questions[next++], packet, batch, lines, affinities, passed_over);
    if (followed.line == nullptr) return;
    if (followed.refuses) [[unlikely]] {
      packet.Refuse();
      packet.decision = Decision::kRefused;
      return;
    }
    packet.Decide(*followed.line, Step::kAffinity);
    if (packet.is_request) packet.decision = Decision::kAffinity;
  });
  if (passed_over != 0) counters.affinities_passed_over.Add(passed_over);
}

}  // namespace holdfast
