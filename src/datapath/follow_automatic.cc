#include "datapath/stages.h"
#include "tables/packet_rules.h"

namespace holdfast {
namespace {

// visit(packet, service) for each whose client may have other connections.
template <typename Visit>
void ForEachCovered(Batch& batch, Visit visit) {
  batch.ForEachOpen([&](PacketContext& packet) {
    const ServiceView& service = batch.service(packet);
    if (service.automatic.on && service.automatic.Covers(ClientPortOf(batch.key(packet))))
      visit(packet, service);
  });
}

void Follow(PacketContext& packet, TargetLine* line, bool refuses) {
  if (line == nullptr) return;
  if (refuses) {
    packet.Refuse();
    packet.decision = Decision::kRefused;
    return;
  }
  packet.Decide(*line, Step::kAutomatic);
  if (packet.is_request) packet.decision = Decision::kAutomatic;
}

}  // namespace

void FollowAutomatic(Batch& batch, TargetLines& lines, ClientWriter& clients,
                     WorkerCounters& counters) {
  const Snapshot& snapshot = *batch.turn().snapshot;
  if (!snapshot.AnyAutomatic()) return;
  clients.Follow(batch.turn().now, snapshot.longest_linger());
  std::array<FlowHash, Batch::kCapacity> hashes;
  std::size_t asked = 0;
  ForEachCovered(batch, [&](PacketContext& packet, const ServiceView&) {
    FlowHash& hash = hashes[asked++];
    hash = clients.table().HashOf(packet.destination.service(), batch.key(packet).client);
    clients.table().Prefetch(hash);
  });
  std::size_t next = 0;
  std::uint64_t passed_over = 0;
  ForEachCovered(batch, [&](PacketContext& packet, const ServiceView& service) {
    const auto pairs =
        clients.table().Find(hashes[next++], batch.turn().now, service.automatic.linger);
    const AutomaticAnswer answer = FollowClient(pairs.all(), service, snapshot, packet.is_request,
                                                [&](const ClientPair&) { ++passed_over; });
    if (answer.pair != nullptr) Follow(packet, lines.Find(answer.pair->target), answer.refuses);
  });
  if (passed_over != 0) counters.affinities_passed_over.Add(passed_over);
}

}  // namespace holdfast
