// PathMtuTable: how long a packet may be on the way to each target, by slot, where a router has
// said that it is less than the port's MTU (RFC 1191, RFC 8201; RFC 2003, 5).
//
// Written by the management core (datapath/path_mtus.h), read by workers when they make a
// target's line anew, which another version() has them do.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "base/ids.h"

namespace holdfast {

class PathMtuTable {
 public:
  static constexpr std::uint16_t kNoLimit = 0xffff;

  // Any thread.
  [[nodiscard]] std::uint16_t Find(std::size_t target_slot) const {
    return mtus_[target_slot].load(std::memory_order_relaxed);
  }
  // Any thread: another number after every change. What is read after it is at least as new.
  [[nodiscard]] std::uint64_t version() const { return version_.load(std::memory_order_acquire); }

  // The management core.
  void Set(std::size_t target_slot, std::uint16_t mtu) {
    if (Find(target_slot) == mtu) return;
    mtus_[target_slot].store(mtu, std::memory_order_relaxed);
    // Release: who sees the new version sees the number.
    version_.store(version_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }

  PathMtuTable() {
    for (auto& mtu : mtus_) mtu.store(kNoLimit, std::memory_order_relaxed);
  }

 private:
  std::array<std::atomic<std::uint16_t>, kMaxTargets> mtus_;
  std::atomic<std::uint64_t> version_{0};
};

}  // namespace holdfast
