#include "tables/fingerprint_buckets.h"

#include <algorithm>
#include <bit>

namespace holdfast {
namespace {

constexpr std::uint64_t kMagic = 0x484F4C4446415354;  // "HOLDFAST"
constexpr std::uint32_t kLayoutVersion = 1;

std::size_t BucketsFor(std::size_t capacity) {
  // Load 0.8 of five slots: four entries a bucket.
  return std::bit_ceil(std::max<std::size_t>(2, (capacity + 3) / 4));
}

}  // namespace

absl::StatusOr<FingerprintBuckets> FingerprintBuckets::Create(std::size_t capacity,
                                                              MemoryKind kind) {
  const std::size_t buckets = BucketsFor(capacity);
  auto memory = TableMemory::Allocate(sizeof(Header) + buckets * sizeof(Bucket), kind);
  if (!memory.ok()) return memory.status();
  return FingerprintBuckets(*std::move(memory), buckets);
}

FingerprintBuckets::FingerprintBuckets(TableMemory memory, std::size_t bucket_count)
    : memory_(std::move(memory)), mask_(bucket_count - 1) {
  header().magic = kMagic;
  header().layout_version = kLayoutVersion;
  header().slots_per_bucket = kSlotsPerBucket;
  header().bucket_count = bucket_count;
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
  const std::size_t home = HomeOf(hash);
  const std::size_t partner = PartnerOf(home, hash.fingerprint);
  for (std::size_t i = 0; i < kSlotsPerBucket; ++i) {
    slots[i] = SlotAt(home, i);
    slots[kSlotsPerBucket + i] = SlotAt(partner, i);
  }
  return slots;
}

std::optional<FingerprintBuckets::Slot> FingerprintBuckets::EmptyCandidate(
    const FlowHash& hash) const {
  const std::size_t home = HomeOf(hash);
  if (const auto slot = EmptySlotIn(home)) return slot;
  return EmptySlotIn(PartnerOf(home, hash.fingerprint));
}

std::optional<FingerprintBuckets::Slot> FingerprintBuckets::EmptySlotIn(std::size_t index) const {
  for (std::size_t i = 0; i < kSlotsPerBucket; ++i)
    if (Fingerprint(SlotAt(index, i)) == 0) return SlotAt(index, i);
  return std::nullopt;
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
    Bucket& home = bucket(PartnerOf(slot / kSlotsPerBucket, fingerprint));
    home.notes.store(home.notes.load(std::memory_order_relaxed) + kOneAway,
                     std::memory_order_release);
  }
  // Release: who sees this value sees that the slot was empty before it.
  in.values[PositionOf(slot)].store(value, std::memory_order_release);
  in.fingerprints[PositionOf(slot)].store(fingerprint, std::memory_order_release);
}

void FingerprintBuckets::Store(Slot slot, const FlowHash& hash, std::uint32_t value) {
  Fill(slot, hash.fingerprint, value, slot / kSlotsPerBucket != HomeOf(hash));
}

void FingerprintBuckets::SetValue(Slot slot, std::uint32_t value) {
  BucketOf(slot).values[PositionOf(slot)].store(value, std::memory_order_release);
}

void FingerprintBuckets::Clear(Slot slot) {
  Bucket& in = BucketOf(slot);
  const std::uint64_t fingerprint = Fingerprint(slot);
  in.fingerprints[PositionOf(slot)].store(0, std::memory_order_release);
  if (!IsAway(slot)) return;
  Bucket& home = bucket(PartnerOf(slot / kSlotsPerBucket, fingerprint));
  home.notes.store(home.notes.load(std::memory_order_relaxed) - kOneAway,
                   std::memory_order_release);
}

void FingerprintBuckets::Move(Slot from, Slot to) {
  Fill(to, Fingerprint(from), Value(from), !IsAway(from));
  std::atomic<std::uint64_t>& moves = header().moves;
  moves.store(moves.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  Clear(from);
}

}  // namespace holdfast
