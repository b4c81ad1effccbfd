#include "datapath/forward.h"
#include "datapath/stages.h"

namespace holdfast {
namespace {

using Entry = ConnectionTable::Entry;

class Follower {
 public:
  Follower(Batch& batch, TargetLines& lines, ConnectionTable& connections,
           std::span<Departures> departures, WorkerCounters& counters)
      : batch_(batch),
        lines_(lines),
        connections_(connections),
        departures_(departures),
        counters_(counters) {}

  // `entry`: what the table knew of packet i when the batch was looked up.
  [[gnu::always_inline]] void Follow(std::size_t i, const Entry& entry) {
    if (!entry.settled() || !batch_.segment(i).plain() || changed_) [[unlikely]]
      return FollowUnsettled(i, entry);
    TargetLine* const line = lines_.Find(entry.target);
    if (line == nullptr) [[unlikely]]
      return FollowCarefully(i);
    ForwardTo(*line, i);
  }

 private:
  [[nodiscard]] CoarseTick now() const { return batch_.turn().now; }

  [[gnu::always_inline]] void ForwardTo(TargetLine& line, std::size_t i) {
    Forward(batch_, departures_, batch_.mbuf(i), batch_.destination(i), line, Step::kConnection);
  }

  // A connection's first packet in this tick, or one that changes its phase.
  [[gnu::noinline]] void FollowUnsettled(std::size_t i, const Entry& entry) {
    TargetLine* const line = lines_.Find(entry.target);
    const bool same_phase = NextPhase(entry.phase, batch_.segment(i)) == entry.phase;
    if (!same_phase || entry.expired || batch_.segment(i).syn || line == nullptr || changed_)
      return FollowCarefully(i);
    connections_.Update(entry, entry.phase, now());
    ForwardTo(*line, i);
  }

  // Looks again: an earlier packet of this batch may have changed the entry.
  [[gnu::noinline]] void FollowCarefully(std::size_t i) {
    const SegmentFlags segment = batch_.segment(i);
    const auto entry = connections_.Find(batch_.hash(i), now());
    if (!entry || BeginsAnew(segment, batch_.tuple(i).protocol, *entry)) {
      batch_.AddUnknown(i).had_entry = entry.has_value();
    } else if (TargetLine* const line = lines_.Find(entry->target)) {
      const ConnectionPhase next = NextPhase(entry->phase, segment);
      changed_ |= next != entry->phase;
      connections_.Update(*entry, next, now());
      ForwardTo(*line, i);
    } else {
      Forget(*entry, batch_.AddUnknown(i));
    }
  }

  // The target was removed (P7): refused, but for a client that tries anew.
  void Forget(const Entry& entry, PacketContext& packet) {
    connections_.Erase(entry);
    changed_ = true;
    counters_.connections_stale.Add(1);
    if (!packet.segment.OpensConnection()) packet.Refuse();
  }

  Batch& batch_;
  TargetLines& lines_;
  ConnectionTable& connections_;
  const std::span<Departures> departures_;
  WorkerCounters& counters_;
  bool changed_ = false;  // an entry, by a packet of this batch
};

// Asks memory for what Balance() and RememberConnection() will look at, if it comes to
// that. In one go: a processor asks for as much as it sees ahead of it.
void AskAhead(Batch& batch, std::span<const PacketContext> packets,
              const ConnectionTable& connections, const Ipv4RingHash& ring_hash) {
  for (const PacketContext& packet : packets) connections.PrefetchForInsert(batch.hash(packet));
  AskRing(batch, packets, ring_hash);
}

}  // namespace

void FindConnections(Batch& batch, std::size_t first, const HashKey& key,
                     const ConnectionTable& connections) {
  const auto hashes = batch.hashes().subspan(first);
  HashIpv4Flows(key, batch.tuples().subspan(first), hashes);
  for (const FlowHash& hash : hashes) connections.Prefetch(hash);
}

void FollowConnection(Batch& batch, TargetLines& lines, ConnectionTable& connections,
                      const Ipv4RingHash& ring_hash, std::span<Departures> departures,
                      WorkerCounters& counters) {
  const std::size_t count = batch.flow_count();
  const std::span<Entry> entries = batch.entries();
  const std::uint64_t found = connections.FindBurst(batch.hashes(), batch.turn().now, entries);
  // What is asked for comes while the others are followed.
  for (std::uint64_t left = batch.flow_bits() & ~found; left != 0; left &= left - 1)
    batch.AddUnknown(static_cast<std::size_t>(std::countr_zero(left)));
  const std::size_t missing = batch.unknown().size();
  AskAhead(batch, batch.unknown(), connections, ring_hash);
  lines.Follow(*batch.turn().snapshot);
  Follower follower(batch, lines, connections, departures, counters);
  for (std::size_t i = 0; i < count; ++i)
    if ((found >> i & 1) != 0) [[likely]]
      follower.Follow(i, entries[i]);
  // Those of which more than the headers had to be known.
  AskAhead(batch, batch.unknown().subspan(missing), connections, ring_hash);
}

}  // namespace holdfast
