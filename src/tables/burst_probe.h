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
  static void FindAtHome(BucketArray buckets, const FlowHash* hashes, std::size_t count,
                         BurstMatches& matches) {
    std::uint64_t missing = 0;
    for (std::size_t i = count; i-- != 0;)
      missing = missing << 1 | IsMissing(buckets, buckets.HomeOf(hashes[i]), hashes[i].fingerprint,
                                         matches.values[i]);
    matches.missing = missing;
    PrefetchPartners(buckets, hashes, matches);
  }

  static void FindAway(BucketArray buckets, const FlowHash* hashes, BurstMatches& matches) {
    for (std::uint64_t left = matches.away; left != 0; left &= left - 1) {
      const auto i = static_cast<std::size_t>(std::countr_zero(left));
      const std::uint64_t still =
          IsMissing(buckets, matches.partners[i], hashes[i].fingerprint, matches.values[i]);
      matches.missing ^= (still ^ 1) << i;
    }
  }

 private:
  // Of those that are missing at home, the ones that may be away.
  [[gnu::always_inline]] static void PrefetchPartners(BucketArray buckets, const FlowHash* hashes,
                                                      BurstMatches& matches) {
    std::uint64_t away = matches.missing;
    for (std::uint64_t left = away; left != 0; left &= left - 1) {
      const auto i = static_cast<std::size_t>(std::countr_zero(left));
      const std::size_t home = buckets.HomeOf(hashes[i]);
      if (buckets[home].notes.load(std::memory_order_acquire) < Bucket::kOneAway) {
        away ^= std::uint64_t{1} << i;
        continue;
      }
      const std::size_t partner = buckets.PartnerOf(home, hashes[i].fingerprint);
      __builtin_prefetch(&buckets[partner]);
      matches.partners[i] = static_cast<std::uint32_t>(partner);
    }
    matches.away = away;
  }

  // 0 if there is a match, whose value it writes; 1 if not. Loads are in order:
  // who finds the value of another entry sees that slots have been cleared.
  [[gnu::always_inline]] static std::uint64_t IsMissing(BucketArray buckets, std::size_t index,
                                                        std::uint64_t fingerprint,
                                                        std::uint32_t& value) {
    const Bucket& bucket = buckets[index];
    const unsigned mask = Line::Matches(bucket, fingerprint);
    // The comparison's loads are no atomics to the compiler; the processor keeps
    // loads in order by itself.
    std::atomic_signal_fence(std::memory_order_acquire);
    const auto position =
        static_cast<unsigned>(std::countr_zero(mask | 1U << (Bucket::kSlots - 1)));
    value = bucket.values[position].load(std::memory_order_acquire);
    return std::uint64_t{mask == 0};
  }
};

}  // namespace holdfast
