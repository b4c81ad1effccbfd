#include "tables/capture.h"

#include <algorithm>
#include <bit>

namespace holdfast {
namespace {

// Of one lane. What is wanted mostly fits in as a whole.
constexpr std::size_t kMostBytes = 4 << 20;
constexpr std::size_t kFewestSlots = 256;
constexpr std::size_t kMostSlots = 32'768;

std::size_t SlotsFor(const CaptureLimits& limits) {
  const std::size_t fit = std::bit_floor(kMostBytes / limits.snap);
  const std::size_t wanted = std::bit_ceil(std::max<std::size_t>(limits.count, kFewestSlots));
  return std::min({fit, wanted, kMostSlots});
}

}  // namespace

Capture::Capture(const CaptureFilter& filter, const CaptureLimits& limits, std::size_t workers)
    : filter_(filter), limits_(limits) {
  for (std::size_t i = 0; i < workers; ++i)
    lanes_.push_back(
        std::make_unique<CaptureLane>(SlotsFor(limits), limits.snap, limits.count, kOnTheirWay));
}

std::uint64_t Capture::lost() const {
  std::uint64_t lost = 0;
  for (const auto& lane : lanes_) lost += lane->lost();
  return lost;
}

Capture& CapturePublisher::Publish(std::unique_ptr<Capture> capture) {
  Capture* const published = capture.release();
  current_.store(published, std::memory_order_release);
  return *published;
}

void CapturePublisher::Withdraw() {
  Capture* const withdrawn = current_.exchange(nullptr, std::memory_order_acq_rel);
  if (withdrawn != nullptr) rcu_.Retire([withdrawn] { delete withdrawn; });
}

}  // namespace holdfast
