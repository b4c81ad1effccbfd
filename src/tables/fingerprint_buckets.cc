#include "tables/fingerprint_buckets.h"

#include <algorithm>
#include <bit>

namespace holdfast {
namespace {

// Load 0.8 of five slots: four entries a bucket. Even, as BucketArray wants it.
std::size_t BucketsFor(std::size_t capacity) {
  return std::max<std::size_t>(1, (capacity + 7) / 8) * 2;
}

}  // namespace

TableHeader FingerprintBuckets::HeaderFor(const TableIdentity& identity, std::size_t capacity) {
  return TableHeader::Of(identity, BucketsFor(capacity), sizeof(Bucket));
}

absl::StatusOr<FingerprintBuckets> FingerprintBuckets::Create(const TableIdentity& identity,
                                                              std::size_t capacity,
                                                              MemoryKind kind) {
  const TableHeader header = HeaderFor(identity, capacity);
  auto memory = TableMemory::Allocate(TableBytes(header), kind);
  if (!memory.ok()) return memory.status();
  return FingerprintBuckets(*std::move(memory), header);
}

FingerprintBuckets::FingerprintBuckets(TableMemory memory, const TableHeader& table)
    : memory_(std::move(memory)),
      buckets_(reinterpret_cast<Bucket*>(memory_.bytes().data() + sizeof(Header)),
               table.bucket_count),
      lookup_(&BurstLookups().front()) {
  header().table = table;
}

std::uint32_t FingerprintBuckets::Value(Slot slot) const {
  return BucketOf(slot).values[PositionOf(slot)].load(std::memory_order_acquire);
}

std::uint64_t FingerprintBuckets::Fingerprint(Slot slot) const {
  return BucketOf(slot).fingerprints[PositionOf(slot)].load(std::memory_order_relaxed);
}

std::array<FingerprintBuckets::Slot, 2 * FingerprintBuckets::kSlotsPerBucket>
FingerprintBuckets::Candidates(const FlowHash& hash) const {
  std::array<Slot, 2 * kSlotsPerBucket> slots;
  const std::size_t home = buckets_.HomeOf(hash);
  const std::size_t partner = buckets_.PartnerOf(home, hash.fingerprint);
  for (std::size_t i = 0; i < kSlotsPerBucket; ++i) {
    slots[i] = SlotAt(home, i);
    slots[kSlotsPerBucket + i] = SlotAt(partner, i);
  }
  return slots;
}

std::array<std::uint32_t, 2 * FingerprintBuckets::kSlotsPerBucket>
FingerprintBuckets::CandidateValues(const FlowHash& hash) const {
  std::array<std::uint32_t, 2 * kSlotsPerBucket> values;
  const Bucket& home = buckets_[buckets_.HomeOf(hash)];
  const Bucket& partner = buckets_[buckets_.PartnerOf(buckets_.HomeOf(hash), hash.fingerprint)];
  for (std::size_t i = 0; i < kSlotsPerBucket; ++i) {
    values[i] = home.values[i].load(std::memory_order_relaxed);
    values[kSlotsPerBucket + i] = partner.values[i].load(std::memory_order_relaxed);
  }
  return values;
}

std::optional<FingerprintBuckets::Slot> FingerprintBuckets::EmptyCandidate(
    const FlowHash& hash) const {
  const std::size_t home = buckets_.HomeOf(hash);
  if (const auto slot = EmptySlotIn(home)) return slot;
  return EmptySlotIn(buckets_.PartnerOf(home, hash.fingerprint));
}

std::optional<FingerprintBuckets::Slot> FingerprintBuckets::EmptySlotIn(std::size_t index) const {
  const unsigned empty = buckets_[index].Matches(0);
  if (empty == 0) return std::nullopt;
  return SlotAt(index, static_cast<unsigned>(std::countr_zero(empty)));
}

bool FingerprintBuckets::IsAway(Slot slot) const {
  return (BucketOf(slot).notes.load(std::memory_order_relaxed) >> PositionOf(slot) & 1) != 0;
}

// Single writer: a load and a store are enough to change a bucket's notes.
void FingerprintBuckets::Fill(Slot slot, std::uint64_t fingerprint, std::uint32_t value,
                              bool away) {
  Bucket& in = BucketOf(slot);
  const std::uint32_t bit = 1U << PositionOf(slot);
  const std::uint32_t notes = in.notes.load(std::memory_order_relaxed);
  in.notes.store(away ? notes | bit : notes & ~bit, std::memory_order_relaxed);
  if (away) {
    // Before the entry itself, so that a reader that comes by home knows of it.
    Bucket& home = buckets_[buckets_.PartnerOf(slot / kSlotsPerBucket, fingerprint)];
    home.notes.store(home.notes.load(std::memory_order_relaxed) + Bucket::kOneAway,
                     std::memory_order_release);
  }
  // Release: who sees this value sees that the slot was empty before it.
  in.values[PositionOf(slot)].store(value, std::memory_order_release);
  in.fingerprints[PositionOf(slot)].store(fingerprint, std::memory_order_release);
}

void FingerprintBuckets::Store(Slot slot, const FlowHash& hash, std::uint32_t value) {
  Fill(slot, hash.fingerprint, value, slot / kSlotsPerBucket != buckets_.HomeOf(hash));
}

std::uint64_t FingerprintBuckets::FindBurst(std::span<const FlowHash> hashes,
                                            BurstMatches& matches) const {
  const std::uint64_t before = header().moves.load(std::memory_order_acquire);
  const std::uint64_t found = lookup_->find(buckets_, hashes.data(), hashes.size(), matches);
  if (ABSL_PREDICT_TRUE(header().moves.load(std::memory_order_acquire) == before)) return found;
  return found | FindMoved(hashes, found, matches);
}

// Those that were not found while entries moved.
std::uint64_t FingerprintBuckets::FindMoved(std::span<const FlowHash> hashes, std::uint64_t found,
                                            BurstMatches& matches) const {
  std::uint64_t moved = 0;
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    if ((found >> i & 1) != 0) continue;
    const auto match = Find(hashes[i]);
    if (!match) continue;
    matches.slots[i] = match->slot;
    matches.values[i] = match->value;
    moved |= std::uint64_t{1} << i;
  }
  return moved;
}

void FingerprintBuckets::SetValue(Slot slot, std::uint32_t value) {
  BucketOf(slot).values[PositionOf(slot)].store(value, std::memory_order_release);
}

void FingerprintBuckets::Clear(Slot slot) {
  Bucket& in = BucketOf(slot);
  const std::uint64_t fingerprint = Fingerprint(slot);
  in.fingerprints[PositionOf(slot)].store(0, std::memory_order_release);
  if (!IsAway(slot)) return;
  Bucket& home = buckets_[buckets_.PartnerOf(slot / kSlotsPerBucket, fingerprint)];
  home.notes.store(home.notes.load(std::memory_order_relaxed) - Bucket::kOneAway,
                   std::memory_order_release);
}

void FingerprintBuckets::Move(Slot from, Slot to) {
  Fill(to, Fingerprint(from), Value(from), !IsAway(from));
  std::atomic<std::uint64_t>& moves = header().moves;
  moves.store(moves.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  Clear(from);
}

}  // namespace holdfast
