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

  // Any thread: another number after every change. What is read after it is at
  // least as new.
  [[nodiscard]] std::uint64_t version() const { return version_.load(std::memory_order_acquire); }

  // The resolver.
  void Set(std::size_t target_slot, const MacAddress& mac) {
    Store(target_slot, mac.ToUint64() | kResolved);
  }
  void Clear(std::size_t target_slot) { Store(target_slot, 0); }

 private:
  void Store(std::size_t target_slot, std::uint64_t word) {
    if (words_[target_slot].load(std::memory_order_relaxed) == word) return;
    words_[target_slot].store(word, std::memory_order_relaxed);
    // Release: who sees the new version sees the word.
    version_.store(version_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }

  static constexpr std::uint64_t kResolved = std::uint64_t{1} << 63;
  std::array<std::atomic<std::uint64_t>, kMaxTargets> words_{};
  std::atomic<std::uint64_t> version_{0};
};

}  // namespace holdfast
