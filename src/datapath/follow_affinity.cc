#include "datapath/stages.h"

namespace holdfast {
namespace {

// The owner that takes it, or nullptr. One that is gone is passed over.
const TargetView* OwnerOf(const PacketContext& packet, const Turn& turn,
                          const AffinityTable& affinities, std::uint64_t& passed_over) {
  const FlowKey& key = packet.parsed.key;
  const auto owner = affinities.Find(packet.service, key.client, key.client_port, key.vip_port,
                                     [&](TargetHandle handle) {
                                       const bool takes = turn.snapshot->Find(handle) != nullptr;
                                       if (!takes) ++passed_over;
                                       return takes;
                                     });
  return owner ? turn.snapshot->Find(*owner) : nullptr;
}

}  // namespace

void FollowAffinity(Batch& batch, const Turn& turn, const AffinityTable& affinities,
                    WorkerCounters& counters) {
  std::uint64_t passed_over = 0;
  for (PacketContext& packet : batch.packets()) {
    if (!packet.open() || !affinities.InUse(packet.service)) continue;
    const TargetView* owner = OwnerOf(packet, turn, affinities, passed_over);
    if (owner == nullptr) continue;
    packet.Decide(*owner, Step::kAffinity);
    if (packet.is_request) packet.decision = Decision::kAffinity;
  }
  if (passed_over != 0) counters.affinities_passed_over.Add(passed_over);
}

}  // namespace holdfast
