// BucketLanes: the five values of a bucket in two vectors, so that a question is asked
// of all at once. The first four are in one; the last three, and one that is no value,
// in the other.
//
// For the writer: readers load values one by one, and in order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "tables/bucket_array.h"

namespace holdfast {

// Four at once: every processor that this runs on has instructions for it.
using Lanes [[gnu::vector_size(16)]] = std::uint32_t;

struct BucketLanes {
  Lanes first;
  Lanes last;

  static BucketLanes ValuesOf(const Bucket& bucket) {
    static_assert(Bucket::kSlots == 5 && sizeof(Bucket) - offsetof(Bucket, values) == 24);
    BucketLanes lanes;
    const auto* values = reinterpret_cast<const std::byte*>(&bucket.values);
    std::memcpy(&lanes.first, values, sizeof first);
    std::memcpy(&lanes.last, values + 8, sizeof last);
    return lanes;
  }
  // In each lane the bit of its slot, if it is set.
  static BucketLanes BitsOf(std::uint32_t slots) {
    return {Lanes{1, 2, 4, 8} & slots, Lanes{4, 8, 16, 0} & slots};
  }
  // Bit i: the lane of slot i is not 0.
  [[nodiscard]] unsigned Slots() const {
    const Lanes bits =
        (first != 0 ? Lanes{1, 2, 4, 8} : Lanes{}) | (last != 0 ? Lanes{4, 8, 16, 0} : Lanes{});
    const Lanes halves = bits | __builtin_shuffle(bits, Lanes{2, 3, 0, 1});
    return halves[0] | halves[1];
  }
};

}  // namespace holdfast
