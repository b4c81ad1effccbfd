#include "datapath/stages.h"

namespace holdfast {
namespace {

using Entry = ConnectionTable::Entry;

class Follower {
 public:
  Follower(Batch& batch, TargetLines& lines, ConnectionTable& connections, WorkerCounters& counters)
      : batch_(batch), lines_(lines), connections_(connections), counters_(counters) {}

  // `entry`: what the table knew of the packet when the batch was looked up.
  void Follow(PacketContext& packet, const Entry& entry) {
    TargetLine* const line = lines_.Find(entry.target);
    const bool as_before = NextPhase(entry.phase, packet.segment) == entry.phase;
    if (!as_before || entry.expired || packet.segment.syn || line == nullptr || changed_)
        [[unlikely]]
      return FollowCarefully(packet);
    if (!entry.current) connections_.Update(entry, entry.phase, now());
    packet.Decide(*line, Step::kConnection);
  }

 private:
  [[nodiscard]] CoarseTick now() const { return batch_.turn().now; }

  // Looks again: an earlier packet of this batch may have changed the entry.
  [[gnu::noinline]] void FollowCarefully(PacketContext& packet) {
    const auto entry = connections_.Find(batch_.hash(packet), now());
    if (!entry || BeginsAnew(packet.segment, batch_.tuple(packet).protocol, *entry)) return;
    if (TargetLine* const line = lines_.Find(entry->target)) {
      const ConnectionPhase next = NextPhase(entry->phase, packet.segment);
      changed_ |= next != entry->phase;
      connections_.Update(*entry, next, now());
      return packet.Decide(*line, Step::kConnection);
    }
    // The target was removed (P7): refused, but for a client that tries anew.
    connections_.Erase(*entry);
    changed_ = true;
    counters_.connections_stale.Add(1);
    if (!packet.segment.OpensConnection()) packet.Refuse();
  }

  Batch& batch_;
  TargetLines& lines_;
  ConnectionTable& connections_;
  WorkerCounters& counters_;
  bool changed_ = false;  // an entry, by a packet of this batch
};

}  // namespace

void FindConnections(Batch& batch, const HashKey& key, const ConnectionTable& connections) {
  HashIpv4Flows(key, batch.tuples(), batch.hashes());
  for (const FlowHash& hash : batch.hashes()) connections.Prefetch(hash);
}

void FollowConnection(Batch& batch, TargetLines& lines, ConnectionTable& connections,
                      WorkerCounters& counters) {
  std::array<Entry, Batch::kCapacity> entries;
  const std::uint64_t found = connections.FindBurst(batch.hashes(), batch.turn().now,
                                                    {entries.data(), batch.hashes().size()});
  lines.Follow(*batch.turn().snapshot);
  Follower follower(batch, lines, connections, counters);
  const PacketContext* const first = batch.flows().data();
  batch.ForEachOpen([&](PacketContext& packet) {
    const auto i = static_cast<std::size_t>(&packet - first);
    if ((found >> i & 1) != 0) follower.Follow(packet, entries[i]);
  });
  batch.OpenOnesAreUnknown();
  batch.ForEachUnknown([&](PacketContext& packet) {
    packet.is_request =
        batch.tuple(packet).protocol == Protocol::kUdp || packet.segment.OpensConnection();
    connections.PrefetchForInsert(batch.hash(packet));
  });
}

}  // namespace holdfast
