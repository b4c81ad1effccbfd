// The look-up behind BurstLookup, over any way to compare a line's fingerprints:
// `Line::Matches(bucket, fingerprint)` gives bit i for slot i.
//
// Branches only on counts: which slot matches and which line is the right one is as
// random as the traffic, and no processor can guess it.
//
// `Line` is of an unnamed namespace: nothing here is shared between files that are
// compiled for different processors.
#pragma once

#include <atomic>
#include <bit>

#include "tables/burst_lookup.h"

namespace holdfast {

template <typename Line>
class BurstProbe {
 public:
  static std::uint64_t Find(BucketArray buckets, const FlowHash* hashes, std::size_t count,
                            BurstValues& values) {
    std::uint64_t missing = 0;
    std::uint64_t away = 0;
    Partners partners;
    // In halves: what the first one has to go on to comes while the second is done.
    for (std::size_t begin = 0; begin < count; begin += kHalf) {
      const std::size_t end = begin + kHalf < count ? begin + kHalf : count;
      const std::uint64_t missing_here = FindAtHome(buckets, hashes, begin, end, values);
      missing |= missing_here;
      away |= PrefetchPartners(buckets, hashes, missing_here, partners);
    }
    for (std::uint64_t left = away; left != 0; left &= left - 1) {
      const auto i = static_cast<std::size_t>(std::countr_zero(left));
      const std::uint64_t still = IsMissing(buckets, partners[i], hashes[i].fingerprint, i, values);
      missing ^= (still ^ 1) << i;
    }
    const std::uint64_t all = (std::uint64_t{count < kMaxBurst} << count % kMaxBurst) - 1;
    return all & ~missing;
  }

 private:
  static constexpr std::size_t kHalf = kMaxBurst / 2;
  using Partners = std::array<std::uint32_t, kMaxBurst>;  // buckets, by place in the burst

  [[gnu::always_inline]] static std::uint64_t FindAtHome(BucketArray buckets,
                                                         const FlowHash* hashes, std::size_t begin,
                                                         std::size_t end, BurstValues& values) {
    std::uint64_t missing = 0;
    for (std::size_t i = end; i != begin;) {
      --i;
      const std::size_t home = buckets.HomeOf(hashes[i]);
      missing = missing << 1 | IsMissing(buckets, home, hashes[i].fingerprint, i, values);
    }
    return missing << begin;
  }

  // Of those that are missing at home, the ones that may be away: bit i for hash i.
  [[gnu::always_inline]] static std::uint64_t PrefetchPartners(BucketArray buckets,
                                                               const FlowHash* hashes,
                                                               std::uint64_t missing,
                                                               Partners& partners) {
    std::uint64_t away = missing;
    for (std::uint64_t left = missing; left != 0; left &= left - 1) {
      const auto i = static_cast<std::size_t>(std::countr_zero(left));
      const std::size_t home = buckets.HomeOf(hashes[i]);
      if (buckets[home].notes.load(std::memory_order_acquire) < Bucket::kOneAway) {
        away ^= std::uint64_t{1} << i;
        continue;
      }
      const std::size_t partner = buckets.PartnerOf(home, hashes[i].fingerprint);
      __builtin_prefetch(&buckets[partner]);
      partners[i] = static_cast<std::uint32_t>(partner);
    }
    return away;
  }

  // 0 if there is a match, whose value it writes; 1 if not. Loads are in order:
  // who finds the value of another entry sees that slots have been cleared.
  [[gnu::always_inline]] static std::uint64_t IsMissing(BucketArray buckets, std::size_t index,
                                                        std::uint64_t fingerprint, std::size_t i,
                                                        BurstValues& values) {
    const Bucket& bucket = buckets[index];
    const unsigned mask = Line::Matches(bucket, fingerprint);
    // The comparison's loads are no atomics to the compiler; the processor keeps
    // loads in order by itself.
    std::atomic_signal_fence(std::memory_order_acquire);
    const auto position =
        static_cast<unsigned>(std::countr_zero(mask | 1U << (Bucket::kSlots - 1)));
    values[i] = bucket.values[position].load(std::memory_order_acquire);
    return std::uint64_t{mask == 0};
  }
};

}  // namespace holdfast
