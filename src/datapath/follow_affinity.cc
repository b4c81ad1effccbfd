#include "datapath/stages.h"

namespace holdfast {
namespace {

// The owner that takes it, or nullptr. One that is gone is passed over.
TargetLine* OwnerOf(const AffinityTable::Question& question, TargetLines& lines,
                    const AffinityTable& affinities, std::uint64_t& passed_over) {
  const auto owner = affinities.Find(question, [&](TargetHandle handle) {
    const bool takes = lines.Find(handle) != nullptr;
    if (!takes) ++passed_over;
    return takes;
  });
  return owner ? lines.Find(*owner) : nullptr;
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
        affinities.Ask(packet.destination.service(), key.client, key.client_port, key.vip_port);
  });
  std::size_t next = 0;
  std::uint64_t passed_over = 0;
  batch.ForEachOpen([&](PacketContext& packet) {
    TargetLine* const owner = OwnerOf(questions[next++], lines, affinities, passed_over);
    if (owner == nullptr) return;
    packet.Decide(*owner, Step::kAffinity);
    if (packet.is_request) packet.decision = Decision::kAffinity;
  });
  if (passed_over != 0) counters.affinities_passed_over.Add(passed_over);
}

}  // namespace holdfast
