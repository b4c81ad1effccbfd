#include <numeric>

#include "datapath/stages.h"
#include "tables/packet_rules.h"

namespace holdfast {
namespace {

using InsertOutcome = ConnectionTable::InsertOutcome;

[[gnu::always_inline]] inline ConnectionRecord RecordOf(const PacketContext& packet,
                                                        const Batch& batch, bool counts) {
  return {.key = batch.key(packet),
          .service = packet.destination.service(),
          .original = packet.original,
          .counts_for_client = counts};
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
  Memory(Batch& batch, TargetLines& lines, ConnectionTable& connections, ClientWriter& clients,
         WorkerCounters& counters)
      : batch_(batch),
        lines_(lines),
        connections_(connections),
        clients_(clients),
        counters_(counters),
        limits_half_open_(snapshot().LimitsHalfOpen()),
        asks_service_(limits_half_open_ || snapshot().AnyAutomatic()) {
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
  [[nodiscard]] const Snapshot& snapshot() const { return *batch_.turn().snapshot; }

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
      const bool counts = BeginForClient(packet);
      connections_.Restart(*entry, RecordOf(packet, batch_, counts), TargetOf(packet), *phase,
                           now());
    }
    return true;
  }

  void Insert(PacketContext& packet) {
    const auto phase = PhaseToRemember(packet, batch_.tuple(packet).protocol);
    if (!phase) return;
    if (asks_service_) [[unlikely]]
      return InsertAsServiceSays(packet, *phase);
    if (!Insert(packet, *phase, false)) LetGo(packet);
  }
  // False: there is no room.
  [[gnu::always_inline]] bool Insert(const PacketContext& packet, ConnectionPhase phase,
                                     bool counts) {
    const InsertOutcome outcome = connections_.Insert(
        batch_.hash(packet), RecordOf(packet, batch_, counts), TargetOf(packet), phase, now());
    outcomes_.Add(outcome);
    return outcome != InsertOutcome::kFull;
  }

  [[gnu::noinline]] void InsertAsServiceSays(PacketContext& packet, ConnectionPhase phase) {
    if (limits_half_open_ && phase == ConnectionPhase::kOpening && IsOverHalfOpenLimit(packet))
      return LetGo(packet);
    const bool counts = BeginForClient(packet);
    if (Insert(packet, phase, counts)) return;
    // Its successors go where the client's other connections go, if it has any.
    if (counts && !IsCopy(packet) && !clients_.Withdraw(ClientOf(packet), TargetOf(packet))) return;
    LetGo(packet);
  }

  // T2: the packet goes where its client's connections go, though it was balanced elsewhere.
  // True when its entry counts for the client.
  bool BeginForClient(PacketContext& packet) {
    const ServiceView& service = batch_.service(packet);
    if (!service.automatic.Covers(ClientPortOf(batch_.key(packet)))) return false;
    if (IsCopy(packet)) return true;
    const auto placement =
        clients_.Begin(ClientOf(packet),
                       {.target = TargetOf(packet),
                        .follows = packet.step != Step::kAffinity,
                        .linger = service.automatic.linger},
                       [&](TargetHandle target) {
                         return AnswerOfAutomatic(target, service, snapshot(), packet.is_request) ==
                                OwnerAnswer::kTakes;
                       });
    if (placement.is_full) CountersOf(packet).automatic_full.Add(1);
    if (placement.follows && packet.step != Step::kAffinity) FollowWinner(packet, placement.target);
    return placement.counted;
  }

  void FollowWinner(PacketContext& packet, TargetHandle target) {
    packet.Decide(*lines_.Find(target), Step::kAutomatic);
    if (packet.is_request) packet.decision = Decision::kAutomatic;
  }

  static bool IsCopy(const PacketContext& packet) {
    return packet.original != ConnectionRecord::kNoOriginal;
  }
  static TargetHandle TargetOf(const PacketContext& packet) {
    return PathOf(*packet.line).handle();
  }
  [[nodiscard]] FlowHash ClientOf(const PacketContext& packet) const {
    return clients_.table().HashOf(packet.destination.service(), batch_.key(packet).client);
  }
  [[nodiscard]] ServiceCounters& CountersOf(const PacketContext& packet) const {
    return counters_.services[Index(packet.destination.service())];
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

  bool IsOverHalfOpenLimit(const PacketContext& packet) {
    const ServiceSlot service = packet.destination.service();
    const bool over = !HasRoomForHalfOpen(connections_, snapshot(), service);
    if (over) CountersOf(packet).half_open_limit.Add(1);
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
  ClientWriter& clients_;
  WorkerCounters& counters_;
  const bool limits_half_open_;
  const bool asks_service_;  // whether one may be remembered otherwise than most
  SmallHashSet remembered_;
  Outcomes outcomes_;
};

}  // namespace

void RememberConnection(Batch& batch, TargetLines& lines, ConnectionTable& connections,
                        ClientWriter& clients, WorkerCounters& counters) {
  Memory memory(batch, lines, connections, clients, counters);
  for (PacketContext& packet : batch.unknown())
    if (packet.state == PacketState::kDecided) memory.Remember(packet);
  memory.Count();
}

}  // namespace holdfast
