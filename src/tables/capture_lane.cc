#include "tables/capture_lane.h"

#include <cstring>

namespace holdfast {

CaptureLane::CaptureLane(std::size_t slots, std::uint32_t snap, std::uint64_t most,
                         std::size_t batch)
    : mask_(slots - 1),
      snap_(snap),
      most_(most),
      records_(slots),
      bytes_(std::make_unique<std::uint8_t[]>(slots * snap)),
      scratch_(std::make_unique<std::uint8_t[]>(batch * snap)) {}

void CaptureLane::Push(const CaptureRecord& record, const std::uint8_t* bytes) {
  if (!wants_more()) return;
  const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
  // Acquire: what the management core read there, it has read.
  if (tail - head_.load(std::memory_order_acquire) > mask_) return lost_.Add(1);
  records_[tail & mask_] = record;
  std::memcpy(BytesAt(tail), bytes, record.kept);
  ++pushed_;
  tail_.store(tail + 1, std::memory_order_release);
}

}  // namespace holdfast
