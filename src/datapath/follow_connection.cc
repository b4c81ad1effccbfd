#include "datapath/stages.h"

namespace holdfast {
namespace {

using Entry = ConnectionTable::Entry;

class Follower {
 public:
  Follower(Batch& batch, TargetLines& lines, ConnectionTable& connections, WorkerCounters& counters)
      : batch_(batch),
        lines_(lines),
        connections_(connections),
        counters_(counters),
        unchanged_(batch.found().settled & batch.plain()) {}

  // Gives packet i its line; none, and it is unknown. `found`: when the batch was looked up.
  [[gnu::always_inline]] void Follow(std::size_t i, const ConnectionTable::Found& found) {
    TargetLine* line;
    if ((unchanged_ >> i & 1) != 0) [[likely]] {
      line = lines_.Find(found.target(i));
      if (line == nullptr) [[unlikely]]
        line = FollowCarefully(i);
    } else if ((found.all >> i & 1) != 0) {
      line = FollowUnsettled(i, connections_.EntryOf(found, i, now()));
    } else {
      batch_.AddUnknown(i);
      line = nullptr;
    }
    batch_.SetLine(i, line);
  }

 private:
  [[nodiscard]] CoarseTick now() const { return batch_.turn().now; }

  // What was found may be of the past from now on.
  void NoteChange() {
    changed_ = true;
    unchanged_ = 0;
  }

  // A connection's first packet for a while, or one that changes its phase.
  [[gnu::noinline]] TargetLine* FollowUnsettled(std::size_t i, const Entry& entry) {
    TargetLine* const line = lines_.Find(entry.target);
    const bool same_phase = NextPhase(entry.phase, batch_.segment(i)) == entry.phase;
    if (!same_phase || entry.expired || batch_.segment(i).syn || line == nullptr || changed_)
      return FollowCarefully(i);
    connections_.Update(entry, entry.phase, now());
    return line;
  }

  // Looks again: an earlier packet of this batch may have changed the entry.
  [[gnu::noinline]] TargetLine* FollowCarefully(std::size_t i) {
    const SegmentFlags segment = batch_.segment(i);
    const auto entry = connections_.Find(batch_.hash(i), now());
    if (!entry || BeginsAnew(segment, batch_.tuple(i).protocol, *entry)) {
      batch_.AddUnknown(i).had_entry = entry.has_value();
      return nullptr;
    }
    TargetLine* const line = lines_.Find(entry->target);
    if (line == nullptr) {
      Forget(*entry, batch_.AddUnknown(i));
      return nullptr;
    }
    const ConnectionPhase next = NextPhase(entry->phase, segment);
    if (next != entry->phase) NoteChange();
    connections_.Update(*entry, next, now());
    return line;
  }

  // The target was removed (P7): refused, but for a client that tries anew.
  void Forget(const Entry& entry, PacketContext& packet) {
    connections_.Erase(entry);
    NoteChange();
    counters_.connections_stale.Add(1);
    if (!packet.segment.OpensConnection()) packet.Refuse();
  }

  Batch& batch_;
  TargetLines& lines_;
  ConnectionTable& connections_;
  WorkerCounters& counters_;
  std::uint64_t unchanged_;  // bit i: packet i changes nothing in the entry that was found
  bool changed_ = false;     // an entry, by a packet of this batch
};

}  // namespace

void FindConnections(Batch& batch, std::size_t first, const HashKey& key,
                     const ConnectionTable& connections) {
  const auto hashes = batch.hashes().subspan(first);
  HashIpv4Flows(key, batch.tuples().subspan(first), hashes);
  for (const FlowHash& hash : hashes) connections.Prefetch(hash);
}

void FollowConnection(Batch& batch, TargetLines& lines, ConnectionTable& connections,
                      WorkerCounters& counters) {
  const std::size_t count = batch.flow_count();
  ConnectionTable::Found& found = batch.found();
  connections.FindBurst(batch.hashes(), batch.turn().now, found);
  lines.Follow(*batch.turn().snapshot);
  Follower follower(batch, lines, connections, counters);
  for (std::size_t i = 0; i < count; ++i) follower.Follow(i, found);
  batch.ForEachUnknown([&](PacketContext& packet) {
    packet.is_request =
        batch.tuple(packet).protocol == Protocol::kUdp || packet.segment.OpensConnection();
    connections.PrefetchForInsert(batch.hash(packet));
  });
}

}  // namespace holdfast
