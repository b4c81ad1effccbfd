// FingerprintBuckets: from a 64-bit fingerprint to 32 bits of value, one cache
// line per lookup. Connection and affinity tables stand on it.
//
// Layout
//   A bucket is one 64-byte line of five slots: five fingerprints, five values
//   and one word of notes. A fingerprint lives in one of its two buckets, home or
//   partner; each can be computed from the other and the fingerprint, so an entry
//   can be moved without its key. The notes say which of the bucket's slots hold
//   entries that are away from home, and how many, at most, whose home it is live in
//   their partners: a lookup usually ends after one line, found or not.
//   No pointers, and a TableHeader that says what the rest is: the memory can be
//   taken over by another process.
//
// Thread roles
//   One writer. Any number of readers, on any thread, without locks.
//
// Invariants
//   (1) A slot's fingerprint is stored last (release) when it is filled and
//       cleared first when it is emptied or refilled. A reader that finds the
//       same fingerprint before and after it reads the value has that entry's.
//   (2) An entry that moves is stored in its new slot before the old one is
//       cleared, and `moves` counts up in between. A reader that missed while it
//       changed looks again: it never misses an entry that is there, and never waits
//       for the writer.
//   (3) `clears` counts up after a slot is cleared and before it is filled again. A
//       burst that was looked up while it did not change needs no second look at each
//       fingerprint: that is so for all bursts of the writer's own. Any other is
//       looked up again one by one.
//
// False matches: two different keys match when their keyed 64-bit fingerprints
// are equal and they share a bucket. A lookup compares at most ten fingerprints:
// less than 10 / 2^64 (5e-19) for each, about one in 600 years at 100 million
// lookups a second.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "absl/base/optimization.h"
#include "absl/status/statusor.h"
#include "base/prefetch.h"
#include "tables/bucket_array.h"
#include "tables/bucket_writer.h"
#include "tables/burst_lookup.h"
#include "tables/flow_hash.h"
#include "tables/table_header.h"
#include "tables/table_memory.h"

namespace holdfast {

class FingerprintBuckets {
 public:
  static constexpr std::size_t kSlotsPerBucket = Bucket::kSlots;
  using Slot = std::uint32_t;  // bucket * kSlotsPerBucket + position; indexes cold records

  // What a reader found: where, and the value there at that time.
  struct Match {
    Slot slot;
    std::uint32_t value;
  };

  // Room for `capacity` entries at a load of 0.8. RESOURCE_EXHAUSTED when memory cannot be had.
  static absl::StatusOr<FingerprintBuckets> Create(const TableIdentity& identity,
                                                   std::size_t capacity, MemoryKind memory);
  // What the memory of such a table begins with (CheckTable()).
  static TableHeader HeaderFor(const TableIdentity& identity, std::size_t capacity);

  // ---- readers and the writer
  void Prefetch(const FlowHash& hash) const {
    holdfast::Prefetch(&buckets_[buckets_.HomeOf(hash)]);
  }
  // Of any number: beyond the last one it does nothing.
  void PrefetchBucket(std::size_t bucket) const { holdfast::Prefetch(&buckets_[bucket]); }
  void PrefetchPartner(const FlowHash& hash) const {
    holdfast::Prefetch(&buckets_[buckets_.PairOf(hash).partner]);
  }
  [[nodiscard]] std::optional<Match> Find(const FlowHash& hash) const;
  // The values of at most kMaxBurst hashes; bit i of the result: i was found.
  std::uint64_t FindBurst(std::span<const FlowHash> hashes, BurstMatches& matches) const;
  // The same in two steps, with other work in between. Only for the writer, who changes
  // nothing meanwhile. FindAway(): bit i: i was found, in either.
  void FindAtHome(std::span<const FlowHash> hashes, BurstMatches& matches) const;
  std::uint64_t FindAway(std::span<const FlowHash> hashes, BurstMatches& matches) const;
  // The best that the processor has, unless told otherwise.
  void UseLookup(const BurstLookup& lookup) { lookup_ = &lookup; }
  [[nodiscard]] std::size_t bucket_count() const { return buckets_.count(); }
  [[nodiscard]] std::size_t slot_count() const { return bucket_count() * kSlotsPerBucket; }
  [[nodiscard]] std::uint32_t Value(Slot slot) const;
  [[nodiscard]] std::uint64_t Fingerprint(Slot slot) const;  // 0: empty
  [[nodiscard]] const TableMemory& memory() const { return memory_; }

  // ---- the writer
  [[nodiscard]] BucketPair PairOf(const FlowHash& hash) const { return buckets_.PairOf(hash); }
  [[nodiscard]] std::size_t HomeOf(const FlowHash& hash) const { return buckets_.HomeOf(hash); }
  [[nodiscard]] const Bucket& At(std::size_t bucket) const { return buckets_[bucket]; }
  static Slot SlotAt(std::size_t bucket, std::size_t position) {
    return static_cast<Slot>(bucket * kSlotsPerBucket + position);
  }
  [[nodiscard]] std::optional<Slot> EmptySlotIn(std::size_t bucket) const;
  // In one of the two buckets where `hash` may live.
  [[nodiscard]] std::optional<Slot> EmptyCandidate(const FlowHash& hash) const;
  // Empties one of the candidates by moving other entries to their partner
  // buckets, at most kMaxMoves of them. `moved(from, to)` is called before the
  // entry can be found at `to`, for cold records. Empty: there is no room.
  template <typename Moved>
  std::optional<Slot> MakeRoom(const FlowHash& hash, Moved&& moved);
  // REQUIRES: `slot` is a candidate of `hash`, and empty.
  void Store(Slot slot, const FlowHash& hash, std::uint32_t value) {
    writer_.Fill(BucketOf(slot), PositionOf(slot), hash.fingerprint, value,
                 BucketOf(slot) != buckets_.HomeOf(hash));
  }
  void SetValue(Slot slot, std::uint32_t value);
  // REQUIRES: not empty.
  void Clear(Slot slot) {
    writer_.Clear(BucketOf(slot), PositionOf(slot));
    CountUp(header().clears);
  }

  // Clear() and Store() in one. REQUIRES: the slot is in the home bucket of `hash`, and
  // not empty.
  void Replace(std::size_t home, unsigned position, const FlowHash& hash, std::uint32_t value) {
    if ((buckets_[home].Away() >> position & 1) != 0) [[unlikely]] {
      Clear(SlotAt(home, position));
      return Store(SlotAt(home, position), hash, value);
    }
    writer_.Unset(home, position);
    CountUp(header().clears);
    writer_.Set(home, position, hash.fingerprint, value);
  }

 private:
  static constexpr int kMaxMoves = 2;

  struct alignas(kTableHeaderLine) Header {
    TableHeader table;
    std::atomic<std::uint64_t> moves;
    std::atomic<std::uint64_t> clears;
  };
  static_assert(sizeof(Header) == kTableHeaderLine);
  FingerprintBuckets(TableMemory memory, const TableHeader& header);

  [[nodiscard]] Header& header() const { return *static_cast<Header*>(memory_.data()); }
  static std::size_t BucketOf(Slot slot) { return slot / kSlotsPerBucket; }
  static unsigned PositionOf(Slot slot) { return slot % kSlotsPerBucket; }
  [[nodiscard]] std::optional<Match> FindIn(std::size_t bucket, std::uint64_t fingerprint) const;
  [[nodiscard]] std::optional<Match> FindOnce(const FlowHash& hash) const;
  std::uint64_t FindSingly(std::span<const FlowHash> hashes, BurstMatches& matches) const;
  // Single writer: a load and a store are enough.
  static void CountUp(std::atomic<std::uint64_t>& counter) {
    counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }
  void Move(Slot from, Slot to);
  template <typename Moved>
  std::optional<Slot> EmptyBucket(std::size_t bucket, int moves, Moved& moved);

  TableMemory memory_;
  BucketArray buckets_;
  BucketWriter writer_;
  const BurstLookup* lookup_;
};

inline std::optional<FingerprintBuckets::Match> FingerprintBuckets::FindIn(
    std::size_t index, std::uint64_t fingerprint) const {
  const Bucket& in = buckets_[index];
  for (std::size_t i = 0; i < kSlotsPerBucket; ++i) {
    if (in.fingerprints[i].load(std::memory_order_acquire) != fingerprint) continue;
    // Acquire: the second look at the fingerprint comes after the value.
    const std::uint32_t value = in.values[i].load(std::memory_order_acquire);
    // And again: who sees that the entry has left must see where it went.
    if (in.fingerprints[i].load(std::memory_order_acquire) == fingerprint)
      return Match{SlotAt(index, i), value};
  }
  return std::nullopt;
}

inline std::optional<FingerprintBuckets::Slot> FingerprintBuckets::EmptySlotIn(
    std::size_t index) const {
  const unsigned empty = buckets_[index].Empty();
  if (empty == 0) return std::nullopt;
  return SlotAt(index, static_cast<unsigned>(std::countr_zero(empty)));
}

inline std::optional<FingerprintBuckets::Slot> FingerprintBuckets::EmptyCandidate(
    const FlowHash& hash) const {
  const BucketPair pair = buckets_.PairOf(hash);
  const auto slot = EmptySlotIn(pair.home);
  return slot ? slot : EmptySlotIn(pair.partner);
}

inline std::optional<FingerprintBuckets::Match> FingerprintBuckets::FindOnce(
    const FlowHash& hash) const {
  const std::size_t home = buckets_.HomeOf(hash);
  if (const auto match = FindIn(home, hash.fingerprint); ABSL_PREDICT_TRUE(match)) return match;
  if (buckets_[home].notes.load(std::memory_order_acquire) < Bucket::kOneAway) return std::nullopt;
  return FindIn(buckets_.PartnerOf(home, hash.fingerprint), hash.fingerprint);
}

inline std::optional<FingerprintBuckets::Match> FingerprintBuckets::Find(
    const FlowHash& hash) const {
  const std::atomic<std::uint64_t>& moves = header().moves;
  std::uint64_t before = moves.load(std::memory_order_acquire);
  while (true) {
    if (const auto match = FindOnce(hash)) return match;
    const std::uint64_t after = moves.load(std::memory_order_acquire);
    if (ABSL_PREDICT_TRUE(before == after)) return std::nullopt;
    before = after;
  }
}

template <typename Moved>
std::optional<FingerprintBuckets::Slot> FingerprintBuckets::MakeRoom(const FlowHash& hash,
                                                                     Moved&& moved) {
  const std::size_t home = buckets_.HomeOf(hash);
  for (int moves = 1; moves <= kMaxMoves; ++moves) {
    if (const auto slot = EmptyBucket(home, moves, moved)) return slot;
    if (const auto slot = EmptyBucket(buckets_.PartnerOf(home, hash.fingerprint), moves, moved))
      return slot;
  }
  return std::nullopt;
}

// An empty slot in the bucket, made with at most `moves` moves. A chain never
// comes back to a bucket that it began in: those are full, and with two moves
// only the last bucket is asked for an empty slot.
template <typename Moved>
std::optional<FingerprintBuckets::Slot> FingerprintBuckets::EmptyBucket(std::size_t index,
                                                                        int moves, Moved& moved) {
  if (const auto empty = EmptySlotIn(index); empty || moves == 0) return empty;
  for (std::size_t i = 0; i < kSlotsPerBucket; ++i) {
    const Slot from = SlotAt(index, i);
    const auto to = EmptyBucket(buckets_.PartnerOf(index, Fingerprint(from)), moves - 1, moved);
    if (!to) continue;
    moved(from, *to);
    Move(from, *to);
    return from;
  }
  return std::nullopt;
}

}  // namespace holdfast
