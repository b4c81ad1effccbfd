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
      writer_(buckets_),
      lookup_(&BurstLookups().front()) {
  header().table = table;
}

std::uint32_t FingerprintBuckets::Value(Slot slot) const {
  return buckets_[BucketOf(slot)].values[PositionOf(slot)].load(std::memory_order_acquire);
}

std::uint64_t FingerprintBuckets::Fingerprint(Slot slot) const {
  return buckets_[BucketOf(slot)].fingerprints[PositionOf(slot)].load(std::memory_order_relaxed);
}

std::uint64_t FingerprintBuckets::FindBurst(std::span<const FlowHash> hashes,
                                            BurstMatches& matches) const {
  const Header& seen = header();
  const std::uint64_t clears = seen.clears.load(std::memory_order_acquire);
  const std::uint64_t moves = seen.moves.load(std::memory_order_acquire);
  FindAtHome(hashes, matches);
  const std::uint64_t found = FindAway(hashes, matches);
  const bool same = seen.clears.load(std::memory_order_acquire) == clears &&
                    seen.moves.load(std::memory_order_acquire) == moves;
  return ABSL_PREDICT_TRUE(same) ? found : FindSingly(hashes, matches);
}

void FingerprintBuckets::FindAtHome(std::span<const FlowHash> hashes, BurstMatches& matches) const {
  lookup_->find_at_home(buckets_, hashes.data(), hashes.size(), matches);
}

std::uint64_t FingerprintBuckets::FindAway(std::span<const FlowHash> hashes,
                                           BurstMatches& matches) const {
  if (matches.away != 0) lookup_->find_away(buckets_, hashes.data(), matches);
  const std::uint64_t all =
      (std::uint64_t{hashes.size() < kMaxBurst} << hashes.size() % kMaxBurst) - 1;
  return all & ~matches.missing;
}

std::uint64_t FingerprintBuckets::FindSingly(std::span<const FlowHash> hashes,
                                             BurstMatches& matches) const {
  std::uint64_t found = 0;
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    const auto match = Find(hashes[i]);
    if (!match) continue;
    matches.values[i] = match->value;
    found |= std::uint64_t{1} << i;
  }
  return found;
}

void FingerprintBuckets::SetValue(Slot slot, std::uint32_t value) {
  buckets_[BucketOf(slot)].values[PositionOf(slot)].store(value, std::memory_order_release);
}

void FingerprintBuckets::Move(Slot from, Slot to) {
  const bool away = (At(BucketOf(from)).Away() >> PositionOf(from) & 1) != 0;
  writer_.Fill(BucketOf(to), PositionOf(to), Fingerprint(from), Value(from), !away);
  CountUp(header().moves);
  Clear(from);
}

}  // namespace holdfast
