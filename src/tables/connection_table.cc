#include "tables/connection_table.h"

#include <tuple>

namespace holdfast {
namespace {

// The value of an entry: target | phase | tick.
constexpr int kPhaseBits = 3;
constexpr int kPhaseShift = TargetHandle::kBits;
constexpr int kTickShift = kPhaseShift + kPhaseBits;
static_assert(kTickShift + CoarseTick::kBits == 32);

std::uint32_t Pack(TargetHandle target, ConnectionPhase phase, CoarseTick tick) {
  return target.raw() | static_cast<std::uint32_t>(phase) << kPhaseShift | tick.raw() << kTickShift;
}
TargetHandle TargetOf(std::uint32_t value) {
  return TargetHandle::FromRaw(value & ((1U << TargetHandle::kBits) - 1));
}
ConnectionPhase PhaseOf(std::uint32_t value) {
  return static_cast<ConnectionPhase>(value >> kPhaseShift & ((1U << kPhaseBits) - 1));
}
CoarseTick TickOf(std::uint32_t value) { return CoarseTick::FromSeconds(value >> kTickShift); }

ConnectionTable::InsertOutcome OutcomeOfEvicting(ConnectionPhase phase) {
  switch (RankOf(phase)) {
    case EvictionRank::kUnfinished:
      return ConnectionTable::InsertOutcome::kEvictedUnfinished;
    case EvictionRank::kClosing:
      return ConnectionTable::InsertOutcome::kEvictedClosing;
    default:
      return ConnectionTable::InsertOutcome::kEvictedUnproven;
  }
}

}  // namespace

std::uint32_t ConnectionTimeouts::Of(ConnectionPhase phase) const {
  switch (phase) {
    case ConnectionPhase::kOpening:
    case ConnectionPhase::kAcknowledged:
      return tcp_opening;
    case ConnectionPhase::kEstablished:
    case ConnectionPhase::kAdopted:
      return tcp_established;
    case ConnectionPhase::kClosing:
    case ConnectionPhase::kClosed:
      return tcp_closing;
    default:
      return udp;
  }
}

absl::StatusOr<ConnectionTable> ConnectionTable::Create(WorkerId owner, std::size_t capacity,
                                                        ConnectionTimeouts timeouts,
                                                        MemoryKind memory) {
  auto buckets = FingerprintBuckets::Create(capacity, memory);
  if (!buckets.ok()) return buckets.status();
  auto cold = TableMemory::Allocate(buckets->slot_count() * sizeof(Cold), memory);
  if (!cold.ok()) return cold.status();
  return ConnectionTable(owner, timeouts, *std::move(buckets), *std::move(cold));
}

ConnectionTable::ConnectionTable(WorkerId owner, ConnectionTimeouts timeouts,
                                 FingerprintBuckets buckets, TableMemory cold)
    : owner_(owner),
      timeouts_(timeouts),
      buckets_(std::move(buckets)),
      cold_(std::move(cold)),
      sizes_(std::make_unique<Sizes>()) {}

std::optional<ConnectionTable::Entry> ConnectionTable::Find(const FlowHash& hash,
                                                            CoarseTick now) const {
  const auto match = buckets_.Find(hash);
  if (!match) return std::nullopt;
  return EntryAt(match->slot, match->value, now);
}

ConnectionTable::Entry ConnectionTable::EntryAt(Slot slot, std::uint32_t value,
                                                CoarseTick now) const {
  const ConnectionPhase phase = PhaseOf(value);
  return {.slot = slot,
          .target = TargetOf(value),
          .phase = phase,
          .expired = now.SecondsSince(TickOf(value)) > timeouts_.Of(phase)};
}

std::uint64_t ConnectionTable::size() const { return sizes_->originals.Read(); }
std::uint64_t ConnectionTable::copies() const { return sizes_->copies.Read(); }
std::size_t ConnectionTable::memory_bytes() const {
  return buckets_.memory().size() + cold_.size();
}
bool ConnectionTable::on_huge_pages() const {
  return buckets_.memory().on_huge_pages() && cold_.on_huge_pages();
}

const ConnectionRecord& ConnectionTable::Record(Slot slot) const { return cold(slot).record; }

FlowHash ConnectionTable::HashOf(Slot slot) const {
  return {.bucket = cold(slot).home_bucket, .fingerprint = buckets_.Fingerprint(slot)};
}

ConnectionTable::InsertOutcome ConnectionTable::Insert(const FlowHash& hash,
                                                       const ConnectionRecord& record,
                                                       TargetHandle target, ConnectionPhase phase,
                                                       CoarseTick now) {
  const auto [slot, outcome] = SlotFor(hash, now);
  if (slot) Fill(*slot, hash, record, target, phase, now);
  return outcome;
}

// Looking for room by moves costs dozens of buckets when there is none: a flood must
// not have that for each of its SYNs. Beyond the load that a table is made for
// (0.8) by so much, the room is not worth the search.
bool ConnectionTable::IsNearlyFull() const {
  return size() + copies() >= buckets_.slot_count() / 16 * 15;
}

// An empty slot is nearest; then one whose entry has idled out; then one that is
// emptied by moving others; last, the least of those that may be given up.
std::pair<std::optional<ConnectionTable::Slot>, ConnectionTable::InsertOutcome>
ConnectionTable::SlotFor(const FlowHash& hash, CoarseTick now) {
  if (const auto empty = buckets_.EmptyCandidate(hash)) return {empty, InsertOutcome::kInserted};
  const auto victim = VictimFor(hash, now);
  const auto entry =
      victim ? std::optional(EntryAt(*victim, buckets_.Value(*victim), now)) : std::nullopt;
  if (entry && entry->expired) {
    Remove(*victim);
    return {victim, InsertOutcome::kReplacedExpired};
  }
  if (!IsNearlyFull()) {
    const auto move_cold = [this](Slot from, Slot to) { cold(to) = cold(from); };
    if (const auto room = buckets_.MakeRoom(hash, move_cold))
      return {room, InsertOutcome::kInserted};
  }
  if (!victim) return {std::nullopt, InsertOutcome::kFull};
  Remove(*victim);
  return {victim, OutcomeOfEvicting(entry->phase)};
}

// The candidate that P8 gives up first: an expired one, else by rank, the longest
// idle within a rank. None when all are proven and alive.
std::optional<ConnectionTable::Slot> ConnectionTable::VictimFor(const FlowHash& hash,
                                                                CoarseTick now) const {
  std::optional<Slot> victim;
  std::tuple<bool, EvictionRank, std::uint32_t> least;
  for (const Slot slot : buckets_.Candidates(hash)) {
    const Entry entry = EntryAt(slot, buckets_.Value(slot), now);
    const EvictionRank rank = RankOf(entry.phase);
    if (rank == EvictionRank::kProven && !entry.expired) continue;
    const std::tuple cost{!entry.expired, rank, CoarseTick::kMask - AgeOf(slot, now)};
    if (victim && cost >= least) continue;
    victim = slot;
    least = cost;
  }
  return victim;
}

std::uint32_t ConnectionTable::AgeOf(Slot slot, CoarseTick now) const {
  return now.SecondsSince(TickOf(buckets_.Value(slot)));
}

void ConnectionTable::Fill(Slot slot, const FlowHash& hash, const ConnectionRecord& record,
                           TargetHandle target, ConnectionPhase phase, CoarseTick now) {
  cold(slot) = {.record = record, .home_bucket = hash.bucket};
  buckets_.Store(slot, hash, Pack(target, phase, now));
  CountIn(record);
}

void ConnectionTable::Update(const Entry& entry, ConnectionPhase phase, CoarseTick now) {
  const std::uint32_t value = Pack(entry.target, phase, now);
  if (buckets_.Value(entry.slot) != value) buckets_.SetValue(entry.slot, value);
}

void ConnectionTable::Restart(const Entry& entry, const ConnectionRecord& record,
                              TargetHandle target, ConnectionPhase phase, CoarseTick now) {
  ConnectionRecord& old = cold(entry.slot).record;
  CountOut(old);
  old = record;
  CountIn(old);
  buckets_.SetValue(entry.slot, Pack(target, phase, now));
}

void ConnectionTable::Erase(const Entry& entry) { Remove(entry.slot); }

void ConnectionTable::Remove(Slot slot) {
  CountOut(cold(slot).record);
  buckets_.Clear(slot);
}

void ConnectionTable::CountIn(const ConnectionRecord& record) {
  (record.IsCopy() ? sizes_->copies : sizes_->originals).Add(1);
}

void ConnectionTable::CountOut(const ConnectionRecord& record) {
  Counter& counter = record.IsCopy() ? sizes_->copies : sizes_->originals;
  counter.Set(counter.Read() - 1);
}

ConnectionTable::SweepResult ConnectionTable::Sweep(std::size_t buckets, const SweepRules& rules) {
  SweepResult result;
  for (std::size_t n = 0; n < buckets; ++n) {
    for (std::size_t i = 0; i < FingerprintBuckets::kSlotsPerBucket; ++i)
      SweepSlot(static_cast<Slot>(sweep_position_ * FingerprintBuckets::kSlotsPerBucket + i), rules,
                result);
    if (++sweep_position_ < bucket_count()) continue;
    // The next pass is another call's: its caller knows what has changed.
    sweep_position_ = 0;
    result.pass_completed = true;
    break;
  }
  return result;
}

void ConnectionTable::SweepSlot(Slot slot, const SweepRules& rules, SweepResult& result) {
  if (buckets_.Fingerprint(slot) == 0) return;
  const Entry entry = EntryAt(slot, buckets_.Value(slot), rules.now);
  if (entry.expired) {
    Remove(slot);
    ++result.expired;
  } else if (rules.is_stale != nullptr && rules.is_stale(rules.context, entry.target)) {
    Remove(slot);
    ++result.stale;
  } else if (sizes_->copies.Read() != 0 && cold(slot).record.IsCopy() &&
             !OriginalLives(slot, rules)) {
    CountOut(cold(slot).record);
    cold(slot).record.original = ConnectionRecord::kNoOriginal;
    CountIn(cold(slot).record);
    ++result.promoted;
  }
}

bool ConnectionTable::OriginalLives(Slot slot, const SweepRules& rules) const {
  const ConnectionTable& table = *rules.all_tables[cold(slot).record.original];
  const auto original = table.Find(HashOf(slot), rules.now);
  return original && !original->expired;
}

}  // namespace holdfast
