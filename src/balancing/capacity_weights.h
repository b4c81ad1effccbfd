// CapacityWeights: the weights that targets have by what they report of themselves.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace holdfast {

// A report of all that a target can do; the least is 0: nothing new.
inline constexpr std::uint32_t kWholeCapacity = 1'000'000;

struct ReportedShare {
  std::uint32_t weight = 0;                 // configured
  std::uint32_t capacity = kWholeCapacity;  // reported; of who reports nothing, all
};

// The part of its weight that each reports, in numbers that are small enough for a ring.
// Nobody who has weight and capacity gets 0, and who has not, does.
std::vector<std::uint32_t> CapacityWeights(std::span<const ReportedShare> shares);

}  // namespace holdfast
