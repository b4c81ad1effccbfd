#include "datapath/stages.h"

namespace holdfast {
namespace {

using InsertOutcome = ConnectionTable::InsertOutcome;

ConnectionRecord RecordOf(const PacketContext& packet) {
  return {.key = packet.parsed.key, .service = packet.service, .original = packet.original};
}

// In which phase an entry for it begins; none for what makes no entry.
std::optional<ConnectionPhase> PhaseToRemember(const PacketContext& packet) {
  if (packet.is_request) return FirstPhase(packet.parsed.key.protocol);
  // P5: RST and FIN never create an entry.
  if (packet.parsed.tcp.rst || packet.parsed.tcp.fin) return std::nullopt;
  if (packet.step != Step::kOtherWorker) return ConnectionPhase::kAdopted;
  return NextPhase(packet.original_phase, packet.segment());
}

// An earlier packet of this batch was remembered first; this one is of the same
// connection and goes where that one went.
void JoinEarlierPacket(PacketContext& packet, const ConnectionTable::Entry& entry, const Turn& turn,
                       ConnectionTable& connections) {
  if (const TargetView* target = turn.snapshot->Find(entry.target))
    packet.Decide(*target, Step::kConnection);
  packet.is_request = false;
  packet.decision.reset();
  connections.Update(entry, NextPhase(entry.phase, packet.segment()), turn.now);
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

void Insert(PacketContext& packet, ConnectionPhase phase, const Turn& turn,
            ConnectionTable& connections, WorkerCounters& counters) {
  const InsertOutcome outcome =
      connections.Insert(packet.hash, RecordOf(packet), packet.target->handle, phase, turn.now);
  CountOutcome(outcome, counters);
  // P8: no table knows it, so its successors go by the ring as well.
  if (outcome == InsertOutcome::kFull && packet.step == Step::kBalanced) packet.step = Step::kRing;
}

void Remember(PacketContext& packet, const Turn& turn, ConnectionTable& connections,
              WorkerCounters& counters) {
  const auto entry = connections.Find(packet.hash, turn.now);
  if (entry && !BeginsAnew(packet, *entry))
    return JoinEarlierPacket(packet, *entry, turn, connections);
  const auto phase = PhaseToRemember(packet);
  if (!phase) return;
  if (!entry) return Insert(packet, *phase, turn, connections, counters);
  // The entry of an old connection becomes that of a new one: none more is there.
  connections.Restart(*entry, RecordOf(packet), packet.target->handle, *phase, turn.now);
}

}  // namespace

void RememberConnection(Batch& batch, const Turn& turn, ConnectionTable& connections,
                        WorkerCounters& counters) {
  for (PacketContext& packet : batch.packets()) {
    if (packet.state != PacketState::kDecided || packet.step == Step::kConnection) continue;
    Remember(packet, turn, connections, counters);
  }
}

}  // namespace holdfast
