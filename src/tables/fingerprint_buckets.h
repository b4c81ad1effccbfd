// FingerprintBuckets: from a 64-bit fingerprint to 32 bits of value, one cache
// line per lookup. Connection and affinity tables stand on it.
//
// Layout
//   A bucket is one 64-byte line of five slots: five fingerprints, five values
//   and one word of flags. A fingerprint lives in one of its two buckets, home
//   or partner; each can be computed from the other and the fingerprint, so an
//   entry can be moved without its key. The home bucket's overflow flag says
//   whether anything of it lives in its partner: a miss usually ends after one line.
//   No pointers: the memory could be mapped by another process.
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
//       moves() changed looks again: it never misses an entry that is there.
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
  // of buckets). Fails with RESOURCE_EXHAUSTED when memory cannot be had.
  static absl::StatusOr<FingerprintBuckets> Create(std::size_t capacity, MemoryKind memory);

  // Readers and the writer.
  void Prefetch(const FlowHash& hash) const;
  [[nodiscard]] std::optional<Match> Find(const FlowHash& hash) const;
  [[nodiscard]] std::size_t bucket_count() const;
  [[nodiscard]] std::size_t slot_count() const;  // bucket_count() * kSlotsPerBucket
  [[nodiscard]] std::uint32_t Value(Slot slot) const;
  [[nodiscard]] std::uint64_t Fingerprint(Slot slot) const;  // 0: empty
  [[nodiscard]] const TableMemory& memory() const;

  // The writer only.
  //
  // The ten slots where `hash` may live, home bucket first.
  [[nodiscard]] std::array<Slot, 2 * kSlotsPerBucket> Candidates(const FlowHash& hash) const;
  // An empty slot among the candidates, if need be made by moving other entries
  // to their partner buckets (a bounded number). `moved(from, to)` is called
  // before the entry leaves `from`, for cold records. Empty when there is no room.
  template <typename Moved>
  std::optional<Slot> MakeRoom(const FlowHash& hash, Moved&& moved);
  // Fills an empty slot. REQUIRES: `slot` is a candidate of `hash`, and empty.
  void Store(Slot slot, const FlowHash& hash, std::uint32_t value);
  void SetValue(Slot slot, std::uint32_t value);
  void Clear(Slot slot);
};

}  // namespace holdfast
