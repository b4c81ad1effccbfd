#include "tables/connection_table.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <type_traits>

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
std::uint32_t PhaseNumberOf(std::uint32_t value) {
  return value >> kPhaseShift & ((1U << kPhaseBits) - 1);
}
std::uint32_t AgeOf(std::uint32_t value, CoarseTick now) {
  return CoarseTick::SecondsBetween(value >> kTickShift, now.raw());
}

// An Entry as it lies in memory, made without a branch and with nothing but whole
// words, so that a compiler can make many at once.
using Entry = ConnectionTable::Entry;
static_assert(sizeof(Entry) == 8 && std::is_trivially_copyable_v<Entry>);
static_assert(offsetof(Entry, slot) == 0 && offsetof(Entry, target) == 4);
static_assert(offsetof(Entry, reserved) == 7);  // the bits of byte 6: lowest first

std::uint64_t EntryWord(std::uint32_t slot, std::uint32_t value, CoarseTick now,
                        const ConnectionTimeouts& timeouts) {
  const std::uint32_t phase = PhaseNumberOf(value);
  const std::uint32_t age = AgeOf(value, now);
  const std::uint32_t expired = age > timeouts.OfNumber(phase) ? 1 : 0;
  const std::uint32_t current = age == 0 ? 1 : 0;
  const std::uint32_t target = value & ((1U << TargetHandle::kBits) - 1);
  const std::uint32_t rest = target | phase << 16 | expired << 19 | current << 20;
  return std::uint64_t{rest} << 32 | slot;
}

// The order in which entries are given up, as one number.
constexpr int kRankBits = 2;
constexpr int kCandidateBits = 4;
static_assert(1 + kRankBits + CoarseTick::kBits + kCandidateBits <= 32);

ConnectionTable::InsertOutcome OutcomeOfEvicting(ConnectionPhase phase) {
  switch (RankOf(phase)) {
    case EvictionRank::kUnfinished:
      return ConnectionTable::InsertOutcome::kEvictedUnfinished;
    case EvictionRank::kClosing:
      return ConnectionTable::InsertOutcome::kEvictedClosing;
    case EvictionRank::kUnproven:
      return ConnectionTable::InsertOutcome::kEvictedUnproven;
    default:
      return ConnectionTable::InsertOutcome::kFull;
  }
}

}  // namespace

ConnectionTable::Headers ConnectionTable::HeadersFor(WorkerId owner, std::size_t capacity,
                                                     const HashKey& key) {
  TableIdentity identity{.kind = TableKind::kConnections, .owner = owner, .key = key};
  const TableHeader hot = FingerprintBuckets::HeaderFor(identity, capacity);
  identity.kind = TableKind::kConnectionRecords;
  return {.hot = hot,
          .cold = TableHeader::Of(identity, hot.bucket_count,
                                  FingerprintBuckets::kSlotsPerBucket * sizeof(Cold))};
}

absl::StatusOr<ConnectionTable> ConnectionTable::Create(WorkerId owner, std::size_t capacity,
                                                        ConnectionTimeouts timeouts,
                                                        const HashKey& key, MemoryKind memory) {
  auto buckets = FingerprintBuckets::Create(
      {.kind = TableKind::kConnections, .owner = owner, .key = key}, capacity, memory);
  if (!buckets.ok()) return buckets.status();
  const TableHeader header = HeadersFor(owner, capacity, key).cold;
  auto cold = TableMemory::Allocate(TableBytes(header), memory);
  if (!cold.ok()) return cold.status();
  std::memcpy(cold->data(), &header, sizeof header);
  return ConnectionTable(owner, timeouts, *std::move(buckets), *std::move(cold));
}

ConnectionTable::ConnectionTable(WorkerId owner, ConnectionTimeouts timeouts,
                                 FingerprintBuckets buckets, TableMemory cold)
    : owner_(owner),
      timeouts_(timeouts),
      buckets_(std::move(buckets)),
      cold_(std::move(cold)),
      sizes_(std::make_unique<Sizes>()) {}

ConnectionTable::Entry ConnectionTable::EntryAt(Slot slot, std::uint32_t value,
                                                CoarseTick now) const {
  return std::bit_cast<Entry>(EntryWord(slot, value, now, timeouts_));
}

std::optional<ConnectionTable::Entry> ConnectionTable::Find(const FlowHash& hash,
                                                            CoarseTick now) const {
  const auto match = buckets_.Find(hash);
  if (!match) return std::nullopt;
  return EntryAt(match->slot, match->value, now);
}

std::uint64_t ConnectionTable::FindBurst(std::span<const FlowHash> hashes, CoarseTick now,
                                         std::span<Entry> entries) const {
  BurstMatches matches;
  const std::uint64_t found = buckets_.FindBurst(hashes, matches);
  std::array<std::uint64_t, kMaxBurst> words;
  for (std::size_t i = 0; i < hashes.size(); ++i)
    words[i] = EntryWord(matches.slots[i], matches.values[i], now, timeouts_);
  std::memcpy(static_cast<void*>(entries.data()), words.data(), hashes.size() * sizeof(Entry));
  return found;
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
  const Slot victim = VictimFor(hash, now);
  const std::uint32_t value = buckets_.Value(victim);
  if (EntryAt(victim, value, now).expired) {
    Remove(victim);
    return {victim, InsertOutcome::kReplacedExpired};
  }
  if (!IsNearlyFull()) {
    const auto move_cold = [this](Slot from, Slot to) { cold(to) = cold(from); };
    if (const auto room = buckets_.MakeRoom(hash, move_cold))
      return {room, InsertOutcome::kInserted};
  }
  const auto outcome = OutcomeOfEvicting(static_cast<ConnectionPhase>(PhaseNumberOf(value)));
  if (outcome == InsertOutcome::kFull) return {std::nullopt, outcome};
  Remove(victim);
  return {victim, outcome};
}

// The candidate that P8 gives up first: an expired one, else by rank, the longest
// idle within a rank. A proven one that is alive if there are no others.
ConnectionTable::Slot ConnectionTable::VictimFor(const FlowHash& hash, CoarseTick now) const {
  const auto values = buckets_.CandidateValues(hash);
  std::uint32_t least = ~std::uint32_t{0};
  for (std::uint32_t i = 0; i < values.size(); ++i)
    least = std::min(least, CostOf(values[i], now) << kCandidateBits | i);
  return buckets_.Candidates(hash)[least & ((1U << kCandidateBits) - 1)];
}

std::uint32_t ConnectionTable::CostOf(std::uint32_t value, CoarseTick now) const {
  const std::uint32_t phase = PhaseNumberOf(value);
  const std::uint32_t age = AgeOf(value, now);
  const std::uint32_t lives = age <= timeouts_.OfNumber(phase) ? 1 : 0;
  const auto rank = static_cast<std::uint32_t>(RankOf(static_cast<ConnectionPhase>(phase)));
  return (lives << kRankBits | rank) << CoarseTick::kBits | (CoarseTick::kMask - age);
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
  // Where there are no copies, to ask whether this one is would be a line for nothing.
  if (sizes_->copies.Read() == 0) {
    sizes_->originals.Set(sizes_->originals.Read() - 1);
  } else {
    CountOut(cold(slot).record);
  }
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
