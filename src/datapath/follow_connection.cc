#include "datapath/stages.h"
#include "tables/packet_rules.h"

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

  // Gives nearly all packets their lines: those that change nothing and whose targets' lines are
  // made. `found`: when the batch was looked up.
  void FollowReady(const ConnectionTable::Found& found) {
    if (unchanged_ == 0) return;
    std::uint64_t ready = 0;
    for (std::size_t i = batch_.flow_count(); i-- != 0;) {
      // Of what was not found: any handle's.
      const TargetHandle handle = found.target(i);
      batch_.SetLine(i, lines_.Place(handle));
      ready = ready << 1 | static_cast<std::uint64_t>(lines_.IsReady(handle));
    }
    ready_ = ready & unchanged_;
  }
  // The others that were found: none where that turns out to be something else.
  void FollowOthers(const ConnectionTable::Found& found) {
    for (std::uint64_t left = found.all & ~ready_; left != 0; left &= left - 1) {
      const auto i = static_cast<std::size_t>(std::countr_zero(left));
      batch_.SetLine(i, Follow(i, found));
      if (unchanged_ == 0) left |= found.all & ~std::uint64_t{1} << i;
    }
  }

 private:
  [[nodiscard]] CoarseTick now() const { return batch_.turn().now; }

  [[nodiscard]] TargetLine* Follow(std::size_t i, const ConnectionTable::Found& found) {
    TargetLine* line = nullptr;
    if ((unchanged_ >> i & 1) != 0) line = lines_.FindReady(found.target(i));
    return line == nullptr ? FollowCarefully(i) : line;
  }

  // What was found may be of the past from now on.
  void NoteChange() { unchanged_ = 0; }

  // A packet that changes something in its entry; or that looks again, since an earlier one
  // of this batch may have changed it.
  [[gnu::noinline]] TargetLine* FollowCarefully(std::size_t i) {
    const SegmentFlags segment = batch_.segment(i);
    const auto entry =
        connections_.Find(batch_.hash(i), now(), batch_.TimeoutsOf(batch_.destination(i)));
    const ServiceView& service = batch_.turn().snapshot->service(batch_.destination(i).service());
    if (!entry || BeginsAnew(segment, batch_.tuple(i).protocol, *entry, service)) {
      batch_.AddUnknown(i).had_entry = entry.has_value();
      return nullptr;
    }
    TargetLine* const line = lines_.Find(entry->target);
    if (line == nullptr) {
      Forget(*entry, batch_.AddUnknown(i));
      return nullptr;
    }
    if (segment.passive) return line;
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
    if (IsRefusedWithItsTarget(packet.segment)) packet.Refuse();
  }

  Batch& batch_;
  TargetLines& lines_;
  ConnectionTable& connections_;
  WorkerCounters& counters_;
  std::uint64_t unchanged_;  // bit i: packet i changes nothing in the entry that was found
  std::uint64_t ready_ = 0;  // bit i: FollowReady() has given it its line
};

// Asks memory for what Balance() and RememberConnection() will look at, if it comes to
// that. In one go: a processor asks for as much as it sees ahead of it.
void AskAhead(Batch& batch, std::span<const PacketContext> packets,
              const ConnectionTable& connections, const RingHasher& ring_hasher) {
  for (const PacketContext& packet : packets) connections.PrefetchForInsert(batch.hash(packet));
  AskRing(batch, packets, ring_hasher);
}

// Of those that are IPv6.
[[gnu::noinline]] void HashIpv6(Batch& batch, const HashKey& key) {
  if (batch.ipv6() == batch.flow_bits())
    return HashIpv6Flows(key, batch.ipv6_flows(), batch.hashes());
  for (std::uint64_t left = batch.ipv6(); left != 0; left &= left - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(left));
    HashIpv6Flows(key, batch.ipv6_flows().Subspan(i, 1), batch.hashes().subspan(i, 1));
  }
}

}  // namespace

void PrefetchConnections(Batch& batch, const HashKey& key, const ConnectionTable& connections) {
  if (batch.ipv6() != batch.flow_bits()) HashIpv4Flows(key, batch.tuples(), batch.hashes());
  if (batch.ipv6() != 0) HashIpv6(batch, key);
  for (const FlowHash& hash : batch.hashes()) connections.Prefetch(hash);
}

void FindConnections(Batch& batch, const ConnectionTable& connections) {
  connections.FindAtHome(batch.hashes(), batch.found());
  batch.NoteLookedUp();
}

void FollowConnection(Batch& batch, TargetLines& lines, ConnectionTable& connections,
                      const RingHasher& ring_hasher, WorkerCounters& counters) {
  ConnectionTable::Found& found = batch.found();
  connections.FindAway(batch.hashes(), batch.turn().now, found);
  lines.Follow(*batch.turn().snapshot);
  Follower follower(batch, lines, connections, counters);
  follower.FollowReady(found);
  // What is asked for comes while the others are followed.
  for (std::uint64_t left = batch.flow_bits() & ~found.all; left != 0; left &= left - 1)
    batch.AddUnknown(static_cast<std::size_t>(std::countr_zero(left)));
  const std::size_t missing = batch.unknown().size();
  AskAhead(batch, batch.unknown(), connections, ring_hasher);
  follower.FollowOthers(found);
  // Those of which more than the headers had to be known.
  AskAhead(batch, batch.unknown().subspan(missing), connections, ring_hasher);
}

}  // namespace holdfast
