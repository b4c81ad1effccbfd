#include <numeric>

#include "datapath/stages.h"
#include "tables/packet_rules.h"

namespace holdfast {
namespace {

using InsertOutcome = ConnectionTable::InsertOutcome;

[[gnu::always_inline]] inline ConnectionRecord RecordOf(const PacketContext& packet,
                                                        const Batch& batch) {
  return {.key = batch.key(packet),
          .service = packet.destination.service(),
          .original = packet.original};
}

// In which phase an entry for it begins; none for what makes no entry.
std::optional<ConnectionPhase> PhaseToRemember(const PacketContext& packet, Protocol protocol) {
  if (packet.is_request) return FirstPhase(protocol);
  const bool is_copy = packet.step == Step::kOtherWorker;
  return PhaseOfUnknown(packet.segment, is_copy ? &packet.original_phase : nullptr);
}

// How often each came, of the Insert()s of a batch.
class Outcomes {
 public:
  void Add(InsertOutcome outcome) { ++tallies_[static_cast<std::size_t>(outcome)]; }
  void AddTo(WorkerCounters& counters) const {
    Add(counters.connections_expired, InsertOutcome::kReplacedExpired);
    Add(counters.connections_evicted_unfinished, InsertOutcome::kEvictedUnfinished);
    Add(counters.connections_evicted_closing, InsertOutcome::kEvictedClosing);
    Add(counters.connections_evicted_unproven, InsertOutcome::kEvictedUnproven);
    Add(counters.connections_not_remembered, InsertOutcome::kFull);
    const std::uint32_t all = std::accumulate(tallies_.begin(), tallies_.end(), 0U);
    counters.connections_inserted.Add(all - Of(InsertOutcome::kFull));
  }

 private:
  [[nodiscard]] std::uint32_t Of(InsertOutcome outcome) const {
    return tallies_[static_cast<std::size_t>(outcome)];
  }
  void Add(Counter& counter, InsertOutcome outcome) const {
    if (Of(outcome) != 0) counter.Add(Of(outcome));
  }

  std::array<std::uint32_t, static_cast<std::size_t>(InsertOutcome::kFull) + 1> tallies_{};
};

// Hashes, as ten bits of each know them: it may take a new one for an old one.
class SmallHashSet {
 public:
  // False when it may be in it already.
  bool Add(const FlowHash& hash) {
    std::uint64_t& word = words_[hash.fingerprint >> 6 & (words_.size() - 1)];
    const std::uint64_t bit = std::uint64_t{1} << (hash.fingerprint & 63);
    const bool added = (word & bit) == 0;
    word |= bit;
    return added;
  }

 private:
  std::array<std::uint64_t, 16> words_{};
};

class Memory {
 public:
  Memory(Batch& batch, TargetLines& lines, ConnectionTable& connections, WorkerCounters& counters)
      : batch_(batch),
        lines_(lines),
        connections_(connections),
        counters_(counters),
        limits_half_open_(batch.turn().snapshot->LimitsHalfOpen()) {
    if (limits_half_open_) connections.CountHalfOpen();
  }

  void Remember(PacketContext& packet) {
    if (packet.segment.passive) [[unlikely]]
      return;
    // There is no entry where the batch was looked up in vain and no packet like this
    // one was remembered since.
    const bool first = remembered_.Add(batch_.hash(packet));
    if (!first || packet.had_entry) [[unlikely]]
      if (TakesUpEntry(packet)) return;
    Insert(packet);
  }
  void Count() const { outcomes_.AddTo(counters_); }

 private:
  [[nodiscard]] CoarseTick now() const { return batch_.turn().now; }

  // True when there is an entry: it has become the packet's.
  [[gnu::noinline]] bool TakesUpEntry(PacketContext& packet) {
    const Protocol protocol = batch_.tuple(packet).protocol;
    const auto entry =
        connections_.Find(batch_.hash(packet), now(), batch_.TimeoutsOf(packet.destination));
    if (!entry) return false;
    if (!BeginsAnew(packet.segment, protocol, *entry, batch_.service(packet))) {
      JoinEarlierPacket(packet, *entry);
    } else if (const auto phase = PhaseToRemember(packet, protocol)) {
      // The entry of an old connection becomes that of a new one: none more is there.
      connections_.Restart(*entry, RecordOf(packet, batch_), PathOf(*packet.line).handle(), *phase,
                           now());
    }
    return true;
  }

  void Insert(PacketContext& packet) {
    const auto phase = PhaseToRemember(packet, batch_.tuple(packet).protocol);
    if (!phase) return;
    if (limits_half_open_ && *phase == ConnectionPhase::kOpening) [[unlikely]]
      if (IsOverHalfOpenLimit(packet)) return LetGo(packet);
    const InsertOutcome outcome = connections_.Insert(batch_.hash(packet), RecordOf(packet, batch_),
                                                      PathOf(*packet.line).handle(), *phase, now());
    outcomes_.Add(outcome);
    if (outcome == InsertOutcome::kFull) LetGo(packet);
  }

  void LetGo(PacketContext& packet) {
    if (packet.step == Step::kBalanced) GoByRing(packet);
  }

  // P8: no table knows it, so its successors go by the ring; and it, too, wherever its
  // service's method would have it.
  [[gnu::noinline]] void GoByRing(PacketContext& packet) {
    packet.step = Step::kRing;
    if (!batch_.service(packet).balancing.LeavesRing()) return;
    const std::uint16_t* const place = batch_.ring_entry(packet);
    TargetLine* const line =
        place == nullptr ? nullptr : lines_.Find(TargetHandle::FromRaw(*place));
    if (line != nullptr) packet.Decide(*line, Step::kRing);
  }

  [[gnu::noinline]] bool IsOverHalfOpenLimit(const PacketContext& packet) {
    const ServiceSlot service = packet.destination.service();
    const bool over = !HasRoomForHalfOpen(connections_, *batch_.turn().snapshot, service);
    if (over) counters_.services[Index(service)].half_open_limit.Add(1);
    return over;
  }

  // An earlier packet of this batch was remembered first; this one is of the same
  // connection and goes where that one went.
  void JoinEarlierPacket(PacketContext& packet, const ConnectionTable::Entry& entry) {
    if (TargetLine* const line = lines_.Find(entry.target)) packet.Decide(*line, Step::kConnection);
    packet.is_request = false;
    packet.decision.reset();
    connections_.Update(entry, NextPhase(entry.phase, packet.segment), now());
  }

  Batch& batch_;
  TargetLines& lines_;
  ConnectionTable& connections_;
  WorkerCounters& counters_;
  const bool limits_half_open_;
  SmallHashSet remembered_;
  Outcomes outcomes_;
};

}  // namespace

void RememberConnection(Batch& batch, TargetLines& lines, ConnectionTable& connections,
                        WorkerCounters& counters) {
  Memory memory(batch, lines, connections, counters);
  for (PacketContext& packet : batch.unknown())
    if (packet.state == PacketState::kDecided) memory.Remember(packet);
  memory.Count();
}

}  // namespace holdfast
