// FingerprintBuckets: from a 64-bit fingerprint to 32 bits of value, one cache
// line per lookup. Connection and affinity tables stand on it.
//
// Layout
//   A bucket is one 64-byte line of five slots: five fingerprints, five values
//   and one word of notes. A fingerprint lives in one of its two buckets, home or
//   partner; each can be computed from the other and the fingerprint, so an entry
//   can be moved without its key. The notes say which of the bucket's slots hold
//   entries that are away from home, and how many whose home it is live in their
//   partners: a lookup usually ends after one line, found or not.
//   No pointers, and a header that says what the rest is: the memory can be taken
//   over by another process.
//
// Thread roles
//   One writer. Any number of readers, on any thread, without locks.
//
// Invariants
//   (1) A slot's fingerprint is stored last (release) when it is filled and
//       cleared first when it is emptied or refilled. A reader that finds the
//       same fingerprint before and after it reads the value has that entry's.
//   (2) An entry that moves is stored in its new slot before the old one is
//       cleared, and moves() counts up in between. A reader that missed while
//       moves() changed looks again: it never misses an entry that is there, and
//       never waits for the writer.
//
// False matches: two different keys match when their keyed 64-bit fingerprints
// are equal and they share a bucket. A lookup compares at most ten fingerprints:
// less than 10 / 2^64 (5e-19) for each, about one in 600 years at 100 million
// lookups a second.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/base/optimization.h"
#include "absl/status/statusor.h"
#include "tables/flow_hash.h"
#include "tables/table_memory.h"

namespace holdfast {

class FingerprintBuckets {
 public:
  static constexpr std::size_t kSlotsPerBucket = 5;
  using Slot = std::uint32_t;  // bucket * kSlotsPerBucket + position; indexes cold records

  // What a reader found: where, and the value there at that time.
  struct Match {
    Slot slot;
    std::uint32_t value;
  };

  // Room for `capacity` entries at a load of 0.8 (rounded up to a power of two
  // of buckets). RESOURCE_EXHAUSTED when memory cannot be had.
  static absl::StatusOr<FingerprintBuckets> Create(std::size_t capacity, MemoryKind memory);

  // ---- readers and the writer
  void Prefetch(const FlowHash& hash) const { __builtin_prefetch(&bucket(HomeOf(hash))); }
  [[nodiscard]] std::optional<Match> Find(const FlowHash& hash) const;
  [[nodiscard]] std::size_t bucket_count() const { return mask_ + 1; }
  [[nodiscard]] std::size_t slot_count() const { return bucket_count() * kSlotsPerBucket; }
  [[nodiscard]] std::uint32_t Value(Slot slot) const;
  [[nodiscard]] std::uint64_t Fingerprint(Slot slot) const;  // 0: empty
  [[nodiscard]] const TableMemory& memory() const { return memory_; }

  // ---- the writer
  // The ten slots where `hash` may live, home bucket first.
  [[nodiscard]] std::array<Slot, 2 * kSlotsPerBucket> Candidates(const FlowHash& hash) const;
  [[nodiscard]] std::optional<Slot> EmptyCandidate(const FlowHash& hash) const;
  // Empties one of the candidates by moving other entries to their partner
  // buckets, at most kMaxMoves of them. `moved(from, to)` is called before the
  // entry can be found at `to`, for cold records. Empty: there is no room.
  template <typename Moved>
  std::optional<Slot> MakeRoom(const FlowHash& hash, Moved&& moved);
  // REQUIRES: `slot` is a candidate of `hash`, and empty.
  void Store(Slot slot, const FlowHash& hash, std::uint32_t value);
  void SetValue(Slot slot, std::uint32_t value);
  // REQUIRES: not empty.
  void Clear(Slot slot);

 private:
  static constexpr int kMaxMoves = 2;

  struct alignas(64) Header {
    std::uint64_t magic;
    std::uint32_t layout_version;
    std::uint32_t slots_per_bucket;
    std::uint64_t bucket_count;
    std::atomic<std::uint64_t> moves;
  };
  struct alignas(64) Bucket {
    std::array<std::atomic<std::uint64_t>, kSlotsPerBucket> fingerprints;
    std::array<std::atomic<std::uint32_t>, kSlotsPerBucket> values;
    // Low bits: which slots hold entries away from home. The rest: how many
    // entries whose home this is are away.
    std::atomic<std::uint32_t> notes;
  };
  static_assert(sizeof(Bucket) == 64);
  static constexpr std::uint32_t kOneAway = 1U << kSlotsPerBucket;

  FingerprintBuckets(TableMemory memory, std::size_t bucket_count);

  [[nodiscard]] Header& header() const { return *static_cast<Header*>(memory_.data()); }
  [[nodiscard]] Bucket& bucket(std::size_t index) const {
    return reinterpret_cast<Bucket*>(static_cast<std::byte*>(memory_.data()) +
                                     sizeof(Header))[index];
  }
  [[nodiscard]] Bucket& BucketOf(Slot slot) const { return bucket(slot / kSlotsPerBucket); }
  static std::size_t PositionOf(Slot slot) { return slot % kSlotsPerBucket; }
  static Slot SlotAt(std::size_t bucket, std::size_t position) {
    return static_cast<Slot>(bucket * kSlotsPerBucket + position);
  }

  [[nodiscard]] std::size_t HomeOf(const FlowHash& hash) const { return hash.bucket & mask_; }
  [[nodiscard]] std::size_t PartnerOf(std::size_t bucket, std::uint64_t fingerprint) const {
    return bucket ^ ((fingerprint * 0x9E3779B97F4A7C15 >> 32 | 1) & mask_);
  }
  [[nodiscard]] std::optional<Match> FindIn(std::size_t bucket, std::uint64_t fingerprint) const;
  [[nodiscard]] std::optional<Match> FindOnce(const FlowHash& hash) const;
  [[nodiscard]] std::optional<Slot> EmptySlotIn(std::size_t bucket) const;
  [[nodiscard]] bool IsAway(Slot slot) const;
  void Fill(Slot slot, std::uint64_t fingerprint, std::uint32_t value, bool away);
  void Move(Slot from, Slot to);
  template <typename Moved>
  std::optional<Slot> EmptyBucket(std::size_t bucket, int moves, Moved& moved);

  TableMemory memory_;
  std::size_t mask_ = 0;
};

inline std::optional<FingerprintBuckets::Match> FingerprintBuckets::FindIn(
    std::size_t index, std::uint64_t fingerprint) const {
  const Bucket& in = bucket(index);
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

inline std::optional<FingerprintBuckets::Match> FingerprintBuckets::FindOnce(
    const FlowHash& hash) const {
  const std::size_t home = HomeOf(hash);
  if (const auto match = FindIn(home, hash.fingerprint); ABSL_PREDICT_TRUE(match)) return match;
  if (bucket(home).notes.load(std::memory_order_acquire) < kOneAway) return std::nullopt;
  return FindIn(PartnerOf(home, hash.fingerprint), hash.fingerprint);
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
  const std::size_t home = HomeOf(hash);
  for (int moves = 1; moves <= kMaxMoves; ++moves) {
    if (const auto slot = EmptyBucket(home, moves, moved)) return slot;
    if (const auto slot = EmptyBucket(PartnerOf(home, hash.fingerprint), moves, moved)) return slot;
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
    const auto to = EmptyBucket(PartnerOf(index, Fingerprint(from)), moves - 1, moved);
    if (!to) continue;
    moved(from, *to);
    Move(from, *to);
    return from;
  }
  return std::nullopt;
}

}  // namespace holdfast
