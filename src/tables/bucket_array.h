// BucketArray: the lines that FingerprintBuckets is made of, and which two of them
// a hash belongs to. Here rather than there, so that one look-up can be written for
// several instruction sets (burst_lookup.h).
//
// Everything is inlined, always: a copy that was compiled for one instruction set
// must never be what code for any processor calls.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "tables/flow_hash.h"

namespace holdfast {

struct alignas(64) Bucket {
  static constexpr std::size_t kSlots = 5;
  static constexpr std::uint32_t kAllSlots = (1U << kSlots) - 1;
  // What one entry that is away from home adds to the notes of its home.
  static constexpr std::uint32_t kOneAway = 1U << 2 * kSlots;

  std::array<std::atomic<std::uint64_t>, kSlots> fingerprints;  // 0: empty
  std::array<std::atomic<std::uint32_t>, kSlots> values;
  // Lowest bits: which slots hold entries away from home. Above them: which slots
  // hold entries at all. The rest: how many entries whose home this is are away.
  std::atomic<std::uint32_t> notes;

  // Bit i: slot i has this fingerprint. All are compared: no branch to guess.
  [[nodiscard, gnu::always_inline]] unsigned Matches(std::uint64_t fingerprint) const {
    unsigned mask = 0;
    for (std::size_t i = 0; i < kSlots; ++i) {
      const bool match = fingerprints[i].load(std::memory_order_acquire) == fingerprint;
      mask |= static_cast<unsigned>(match) << i;
    }
    return mask;
  }
  // For the writer. Bit i: slot i holds an entry; is empty; holds one away from home.
  [[nodiscard, gnu::always_inline]] unsigned Occupied() const {
    return notes.load(std::memory_order_relaxed) >> kSlots & kAllSlots;
  }
  [[nodiscard, gnu::always_inline]] unsigned Empty() const { return Occupied() ^ kAllSlots; }
  [[nodiscard, gnu::always_inline]] unsigned Away() const {
    return notes.load(std::memory_order_relaxed) & kAllSlots;
  }
};
static_assert(sizeof(Bucket) == 64);

// The two buckets of a hash, by index.
struct BucketPair {
  std::size_t home;
  std::size_t partner;
};

class BucketArray {
 public:
  // `count` is even and below 2^32.
  [[gnu::always_inline]] BucketArray(Bucket* first, std::size_t count)
      : first_(first), count_(count) {}

  [[nodiscard, gnu::always_inline]] std::size_t count() const { return count_; }
  [[nodiscard, gnu::always_inline]] Bucket& operator[](std::size_t index) const {
    return first_[index];
  }
  // The hash as a fraction of all, times the count: a place without a division.
  [[nodiscard, gnu::always_inline]] std::size_t HomeOf(const FlowHash& hash) const {
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::size_t>(Wide{hash.bucket} * count_ >> 64);
  }
  // The partner of its partner is the bucket itself. An odd sum of two places among
  // an even number of them: never twice the same.
  [[nodiscard, gnu::always_inline]] std::size_t PartnerOf(std::size_t index,
                                                          std::uint64_t fingerprint) const {
    const std::size_t sum = ((fingerprint & 0xffffffff) * (count_ / 2) >> 32) * 2 + 1;
    return index <= sum ? sum - index : sum + count_ - index;
  }
  [[nodiscard, gnu::always_inline]] BucketPair PairOf(const FlowHash& hash) const {
    const std::size_t home = HomeOf(hash);
    return {home, PartnerOf(home, hash.fingerprint)};
  }

 private:
  Bucket* first_;
  std::size_t count_;
};

}  // namespace holdfast
