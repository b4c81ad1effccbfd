#include "bench/memory_reads.h"

#include <array>
#include <random>

#include "bench/keep.h"

namespace holdfast::bench {
namespace {

constexpr std::size_t kReads = 4'000'000;
constexpr std::size_t kLine = 64;
constexpr std::size_t kLines = MemoryReads::kBytes / kLine;
using Line = std::array<std::uint64_t, kLine / sizeof(std::uint64_t)>;

}  // namespace

MemoryReads::MemoryReads()
    : memory_(TableMemory::Allocate(kBytes, MemoryKind::kHugePages).value()) {
  std::mt19937 random(2026);
  for (std::size_t i = 0; i < kReads + kDepth; ++i)
    places_.push_back(static_cast<std::uint32_t>(random() % kLines));
}

std::uint64_t MemoryReads::Run() const {
  const auto* lines = static_cast<const Line*>(memory_.data());
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < kReads; ++i) {
    __builtin_prefetch(&lines[places_[i + kDepth]]);
    for (const std::uint64_t word : lines[places_[i]]) sum += word;
  }
  Keep(sum);
  return kReads;
}

}  // namespace holdfast::bench
