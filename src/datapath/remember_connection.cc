#include "datapath/stages.h"

namespace holdfast {
namespace {

using InsertOutcome = ConnectionTable::InsertOutcome;

ConnectionRecord RecordOf(const PacketContext& packet, const Batch& batch) {
  return {.key = batch.tuple(packet).Key(),
          .service = packet.destination.service(),
          .original = packet.original};
}

// In which phase an entry for it begins; none for what makes no entry.
std::optional<ConnectionPhase> PhaseToRemember(const PacketContext& packet, Protocol protocol) {
  if (packet.is_request) return FirstPhase(protocol);
  // P5: RST and FIN never create an entry.
  if (packet.segment.rst || packet.segment.fin) return std::nullopt;
  if (packet.step != Step::kOtherWorker) return ConnectionPhase::kAdopted;
  return NextPhase(packet.original_phase, packet.segment);
}

void CountOutcome(InsertOutcome outcome, WorkerCounters& counters) {
  switch (outcome) {
    case InsertOutcome::kInserted:
      break;
    case InsertOutcome::kReplacedExpired:
      counters.connections_expired.Add(1);
      break;
    case InsertOutcome::kEvictedUnfinished:
      counters.connections_evicted_unfinished.Add(1);
      break;
    case InsertOutcome::kEvictedClosing:
      counters.connections_evicted_closing.Add(1);
      break;
    case InsertOutcome::kEvictedUnproven:
      counters.connections_evicted_unproven.Add(1);
      break;
    case InsertOutcome::kFull:
      counters.connections_not_remembered.Add(1);
      return;
  }
  counters.connections_inserted.Add(1);
}

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
  Memory(const Batch& batch, TargetLines& lines, ConnectionTable& connections,
         WorkerCounters& counters)
      : batch_(batch), lines_(lines), connections_(connections), counters_(counters) {}

  void Remember(PacketContext& packet) {
    const Protocol protocol = batch_.tuple(packet).protocol;
    const auto entry = EntryOf(packet);
    if (entry && !BeginsAnew(packet.segment, protocol, *entry))
      return JoinEarlierPacket(packet, *entry);
    const auto phase = PhaseToRemember(packet, protocol);
    if (!phase) return;
    if (!entry) return Insert(packet, *phase);
    // The entry of an old connection becomes that of a new one: none more is there.
    connections_.Restart(*entry, RecordOf(packet, batch_), PathOf(*packet.line).handle(), *phase,
                         now());
  }

 private:
  [[nodiscard]] CoarseTick now() const { return batch_.turn().now; }

  // There is none, where the batch was looked up in vain and no packet like this one
  // was remembered since.
  [[nodiscard]] std::optional<ConnectionTable::Entry> EntryOf(const PacketContext& packet) {
    const bool first = remembered_.Add(batch_.hash(packet));
    if (first && !packet.had_entry) return std::nullopt;
    return connections_.Find(batch_.hash(packet), now());
  }

  void Insert(PacketContext& packet, ConnectionPhase phase) {
    const InsertOutcome outcome = connections_.Insert(batch_.hash(packet), RecordOf(packet, batch_),
                                                      PathOf(*packet.line).handle(), phase, now());
    CountOutcome(outcome, counters_);
    // P8: no table knows it, so its successors go by the ring as well.
    if (outcome == InsertOutcome::kFull && packet.step == Step::kBalanced)
      packet.step = Step::kRing;
  }

  // An earlier packet of this batch was remembered first; this one is of the same
  // connection and goes where that one went.
  void JoinEarlierPacket(PacketContext& packet, const ConnectionTable::Entry& entry) {
    if (TargetLine* const line = lines_.Find(entry.target)) packet.Decide(*line, Step::kConnection);
    packet.is_request = false;
    packet.decision.reset();
    connections_.Update(entry, NextPhase(entry.phase, packet.segment), now());
  }

  const Batch& batch_;
  TargetLines& lines_;
  ConnectionTable& connections_;
  WorkerCounters& counters_;
  SmallHashSet remembered_;
};

}  // namespace

void RememberConnection(Batch& batch, TargetLines& lines, ConnectionTable& connections,
                        WorkerCounters& counters) {
  Memory memory(batch, lines, connections, counters);
  batch.ForEachUnknown([&](PacketContext& packet) {
    if (packet.state == PacketState::kDecided) memory.Remember(packet);
  });
}

}  // namespace holdfast
