#include "tables/connection_table.h"

#include <xmmintrin.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>
#include <type_traits>
#include <utility>

#include "tables/bucket_lanes.h"
#include "tables/connection_value.h"

namespace holdfast {
namespace {

// An Entry as it lies in memory: the slot, and this word after it.
using Entry = ConnectionTable::Entry;
static_assert(sizeof(Entry) == 8 && std::is_trivially_copyable_v<Entry>);
static_assert(offsetof(Entry, slot) == 0 && offsetof(Entry, target) == 4);
static_assert(offsetof(Entry, reserved) == 7);  // the bits of byte 6: lowest first

template <typename Number>
Number SecondWord(Number value, CoarseTick now, const ConnectionTimeouts& timeouts) {
  const Number target = value & ((1U << TargetHandle::kBits) - 1);
  const Number expired = 1 - IsAlive(value, timeouts, now);
  return target | PhaseNumberOf(value) << 16 | expired << 19;
}

// Bit i: entry i of the values is one that plain packets leave as it is.
std::uint64_t SettledOf(const BurstMatches& matches, std::size_t count, CoarseTick now,
                        std::uint32_t slack) {
  std::uint64_t settled = 0;
  for (std::size_t i = 0; i < count; i += 4) {
    Lanes values;
    std::memcpy(&values, &matches.values[i], sizeof values);
    const Lanes is_settled = IsSettled(values, now, slack) << 31;
    const auto bits = static_cast<std::uint32_t>(_mm_movemask_ps(__m128(is_settled)));
    settled |= std::uint64_t{bits} << i;
  }
  return settled;
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
      timeouts_(timeouts.WithSlack()),
      longest_(timeouts_),
      slack_(timeouts.Slack()),
      buckets_(std::move(buckets)),
      cold_(std::move(cold)),
      order_(timeouts, CoarseTick()),
      nearly_full_(buckets_.slot_count() - buckets_.slot_count() / 16),
      sizes_(std::make_unique<Sizes>()) {}

ConnectionTable::Entry ConnectionTable::EntryAt(Slot slot, std::uint32_t value, CoarseTick now,
                                                const ConnectionTimeouts& timeouts) {
  const std::uint32_t second = SecondWord(value, now, timeouts);
  return std::bit_cast<Entry>(std::uint64_t{second} << 32 | slot);
}

std::optional<ConnectionTable::Entry> ConnectionTable::Find(
    const FlowHash& hash, CoarseTick now, const ConnectionTimeouts& timeouts) const {
  const auto match = buckets_.Find(hash);
  if (!match) return std::nullopt;
  return EntryAt(match->slot, match->value, now, timeouts);
}

std::optional<ConnectionTable::Sighting> ConnectionTable::Sight(
    const FlowHash& hash, CoarseTick now, const ConnectionTimeouts& timeouts) const {
  const auto match = buckets_.Find(hash);
  if (!match) return std::nullopt;
  const Entry entry = EntryAt(match->slot, match->value, now, timeouts);
  return Sighting{entry, AgeOf(match->value, now), timeouts.Of(entry.phase)};
}

void ConnectionTable::FindBurst(std::span<const FlowHash> hashes, CoarseTick now,
                                Found& found) const {
  found.all = buckets_.FindBurst(hashes, found.matches);
  found.settled = found.all & SettledOf(found.matches, hashes.size(), now, slack_);
}

void ConnectionTable::FindAway(std::span<const FlowHash> hashes, CoarseTick now,
                               Found& found) const {
  found.all = buckets_.FindAway(hashes, found.matches);
  found.settled = found.all & SettledOf(found.matches, hashes.size(), now, slack_);
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

void ConnectionTable::EndHalfOpen(Slot slot) {
  if (PhaseNumberOf(buckets_.Value(slot)) != NumberOf(ConnectionPhase::kOpening)) return;
  ConnectionRecord& record = cold(slot).record;
  if (!std::exchange(record.half_open, false)) return;
  Counter& count = sizes_->half_open[Index(record.service)];
  count.Set(count.Read() - 1);
}

void ConnectionTable::Update(const Entry& entry, ConnectionPhase phase, CoarseTick now) {
  if (counts_half_open_ && phase != ConnectionPhase::kOpening) [[unlikely]]
    EndHalfOpen(entry.slot);
  const std::uint32_t value = ConnectionValue(entry.target, phase, now);
  if (buckets_.Value(entry.slot) != value) buckets_.SetValue(entry.slot, value);
}

void ConnectionTable::Restart(const Entry& entry, const ConnectionRecord& record,
                              TargetHandle target, ConnectionPhase phase, CoarseTick now) {
  if (counts_half_open_) EndHalfOpen(entry.slot);
  ConnectionRecord& old = cold(entry.slot).record;
  const std::uint32_t value = ConnectionValue(target, phase, now);
  CountOut(entry.slot, buckets_.Value(entry.slot));
  old = record;
  old.half_open = BeginHalfOpen(record, phase);
  CountIn(old, value);
  buckets_.SetValue(entry.slot, value);
}

void ConnectionTable::CountNotedIn(const ConnectionRecord& record, std::uint32_t value) {
  sizes_->noted.Add(1);
  if (record.IsCopy()) return sizes_->copies.Add(1);
  sizes_->originals.Add(1);
  sizes_->Add(value, 1);
}

void ConnectionTable::CountNotedOut(Slot slot, std::uint32_t value) {
  const ConnectionRecord& record = cold(slot).record;
  sizes_->noted.Set(sizes_->noted.Read() - 1);
  if (record.IsCopy()) return sizes_->copies.Set(sizes_->copies.Read() - 1);
  sizes_->originals.Set(sizes_->originals.Read() - 1);
  sizes_->Add(value, std::uint32_t{0} - 1);
  if (record.counts_for_client)
    clients_->End(ClientOf(record), TargetHandle::FromRaw(value), IsInOtherTable(slot));
}

// A copy, that is: it will be the original soon.
bool ConnectionTable::IsInOtherTable(Slot slot) const {
  return std::ranges::any_of(all_tables_, [&](const ConnectionTable* other) {
    return other != this && other->copies() != 0 && other->Find(HashOf(slot), CoarseTick());
  });
}

void ConnectionTable::Erase(const Entry& entry) { Remove(entry.slot); }

}  // namespace holdfast
