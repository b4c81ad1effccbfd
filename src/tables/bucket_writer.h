// BucketWriter: how the one writer of a BucketArray fills, changes and empties slots,
// in the order that readers rely on (fingerprint_buckets.h, invariant 1).
//
// Inlined, because a full table does it for each connection.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "tables/bucket_array.h"

namespace holdfast {

class BucketWriter {
 public:
  explicit BucketWriter(BucketArray buckets) : buckets_(buckets) {}

  // REQUIRES: the slot is empty. `away`: `index` is not the entry's home.
  void Fill(std::size_t index, unsigned position, std::uint64_t fingerprint, std::uint32_t value,
            bool away) const {
    Bucket& in = buckets_[index];
    // Before the entry itself, so that a reader that comes by home knows of it.
    if (away) AddToNotes(HomeOfAway(index, fingerprint), Bucket::kOneAway);
    AddToNotes(in, BitsOf(position, away));
    Set(index, position, fingerprint, value);
  }

  // REQUIRES: the slot holds an entry.
  void Clear(std::size_t index, unsigned position) {
    Bucket& in = buckets_[index];
    const bool away = (in.Away() >> position & 1) != 0;
    const std::uint64_t fingerprint = in.fingerprints[position].load(std::memory_order_relaxed);
    Unset(index, position);
    AddToNotes(in, 0 - BitsOf(position, away));
    if (away) NoteLater(&HomeOfAway(index, fingerprint));
  }

  // Both for a slot that gets another entry at once, and both entries are at home: the
  // notes stay as they are.
  void Unset(std::size_t index, unsigned position) const {
    buckets_[index].fingerprints[position].store(0, std::memory_order_release);
  }
  // REQUIRES: the slot is empty.
  void Set(std::size_t index, unsigned position, std::uint64_t fingerprint,
           std::uint32_t value) const {
    Bucket& in = buckets_[index];
    // Release: who sees this value sees that the slot was empty before it.
    in.values[position].store(value, std::memory_order_release);
    in.fingerprints[position].store(fingerprint, std::memory_order_release);
  }

 private:
  static std::uint32_t BitsOf(unsigned position, bool away) {
    return (1U << Bucket::kSlots | (away ? 1U : 0U)) << position;
  }
  [[nodiscard]] Bucket& HomeOfAway(std::size_t index, std::uint64_t fingerprint) const {
    return buckets_[buckets_.PartnerOf(index, fingerprint)];
  }
  // That one fewer is away from this home. In no hurry: too high a count costs a look-up in
  // vain, and this is a line that a flood would wait for with each of its packets.
  void NoteLater(Bucket* home) {
    __builtin_prefetch(home, 1);
    Bucket*& place = fewer_away_[next_++ % fewer_away_.size()];
    if (place != nullptr) AddToNotes(*place, 0 - Bucket::kOneAway);
    place = home;
  }
  // Single writer: a load and a store are enough.
  static void AddToNotes(Bucket& bucket, std::uint32_t what) {
    bucket.notes.store(bucket.notes.load(std::memory_order_relaxed) + what,
                       std::memory_order_release);
  }

  BucketArray buckets_;
  std::array<Bucket*, 16> fewer_away_{};  // homes whose notes are still one too high
  std::size_t next_ = 0;
};

}  // namespace holdfast
