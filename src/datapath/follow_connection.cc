#include "datapath/stages.h"

namespace holdfast {
namespace {

void HashOpenPackets(Batch& batch, const HashKey& key, const ConnectionTable& connections) {
  std::array<PacketContext*, Batch::kCapacity> open;
  std::array<FlowKey, Batch::kCapacity> keys;
  std::array<FlowHash, Batch::kCapacity> hashes;
  std::size_t count = 0;
  for (PacketContext& packet : batch.packets()) {
    if (!packet.open()) continue;
    open[count] = &packet;
    keys[count++] = packet.parsed.key;
  }
  HashFlows(key, {keys.data(), count}, {hashes.data(), count});
  for (std::size_t i = 0; i < count; ++i) {
    open[i]->hash = hashes[i];
    connections.Prefetch(hashes[i]);
  }
}

void Follow(PacketContext& packet, const Turn& turn, ConnectionTable& connections,
            WorkerCounters& counters) {
  const auto entry = connections.Find(packet.hash, turn.now);
  if (!entry || BeginsAnew(packet, *entry)) return;
  const TargetView* target = turn.snapshot->Find(entry->target);
  if (target == nullptr) {
    // The target was removed (P7): refused, but for a client that tries anew.
    connections.Erase(*entry);
    counters.connections_stale.Add(1);
    if (!packet.IsTcpRequest()) packet.Refuse();
    return;
  }
  connections.Update(*entry, NextPhase(entry->phase, packet.segment()), turn.now);
  packet.is_request = false;
  packet.Decide(*target, Step::kConnection);
}

}  // namespace

void FollowConnection(Batch& batch, const Turn& turn, const HashKey& key,
                      ConnectionTable& connections, WorkerCounters& counters) {
  HashOpenPackets(batch, key, connections);
  for (PacketContext& packet : batch.packets())
    if (packet.open()) Follow(packet, turn, connections, counters);
}

}  // namespace holdfast
