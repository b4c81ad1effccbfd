// NeighbourTable: the MAC address of each target, by slot.
//
// Written by the management core's neighbour resolver, read by every worker for
// each packet that leaves. One word for each target, so that a change needs no
// new snapshot.
#pragma once

#include <array>
#include <atomic>
#include <optional>

#include "base/ids.h"
#include "base/mac_address.h"

namespace holdfast {

class NeighbourTable {
 public:
  // Any thread. Empty while the address is not resolved.
  [[nodiscard]] std::optional<MacAddress> Find(std::size_t target_slot) const {
    const std::uint64_t word = words_[target_slot].load(std::memory_order_relaxed);
    if ((word & kResolved) == 0) return std::nullopt;
    return MacAddress::FromUint64(word);
  }

  // The resolver.
  void Set(std::size_t target_slot, const MacAddress& mac) {
    words_[target_slot].store(mac.ToUint64() | kResolved, std::memory_order_relaxed);
  }
  void Clear(std::size_t target_slot) { words_[target_slot].store(0, std::memory_order_relaxed); }

 private:
  static constexpr std::uint64_t kResolved = std::uint64_t{1} << 63;
  std::array<std::atomic<std::uint64_t>, kMaxTargets> words_{};
};

}  // namespace holdfast
