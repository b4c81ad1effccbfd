#include "balancing/capacity_weights.h"

#include <algorithm>

namespace holdfast {
namespace {

// Far finer than a ring has places.
constexpr std::uint64_t kHeaviest = 1'000'000;

std::uint64_t ProductOf(const ReportedShare& share) {
  return std::uint64_t{share.weight} * share.capacity;
}

}  // namespace

std::vector<std::uint32_t> CapacityWeights(std::span<const ReportedShare> shares) {
  std::uint64_t heaviest = 1;
  for (const ReportedShare& share : shares) heaviest = std::max(heaviest, ProductOf(share));
  std::vector<std::uint32_t> weights;
  for (const ReportedShare& share : shares) {
    const std::uint64_t product = ProductOf(share);
    const std::uint64_t scaled = product * kHeaviest / heaviest;
    weights.push_back(
        product == 0 ? 0 : static_cast<std::uint32_t>(std::max<std::uint64_t>(scaled, 1)));
  }
  return weights;
}

}  // namespace holdfast
