// BurstLookup: many look-ups in a BucketArray at once, once for each instruction
// set. All give the same results; the best that the processor has is chosen when the
// process starts.
//
// Whoever looks up prefetches the home buckets first, and does something else.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "tables/bucket_array.h"
#include "tables/flow_hash.h"

namespace holdfast {

inline constexpr std::size_t kMaxBurst = 64;

// The value of hash i, if bit i of the answer is set.
using BurstValues = std::array<std::uint32_t, kMaxBurst>;

struct BurstLookup {
  const char* name;  // of the instruction set, as __builtin_cpu_supports() has it
  // All of it is right if no entry moves and none is cleared meanwhile.
  std::uint64_t (*find)(BucketArray buckets, const FlowHash* hashes, std::size_t count,
                        BurstValues& values);
};

// Those that this processor can run, best first; the last one runs anywhere.
std::span<const BurstLookup> BurstLookups();

// One file each, and called only where the processor has the instructions.
extern const BurstLookup kAvx512BurstLookup;
extern const BurstLookup kAvx2BurstLookup;
extern const BurstLookup kSse42BurstLookup;
extern const BurstLookup kPortableBurstLookup;

}  // namespace holdfast
