// ClientSlot: one place of a ClientTable, sixteen bytes that change as one, by
// compare-and-swap.
//
// A taken slot is a pair of a client and a target:
//   key    the client's fingerprint
//   value  target (14 bits) | connections (24) | when the last one ended (15) | order (10) | held
//   (1)
// A free slot has key 0; its value is a tag that no other time of being free has, so that who
// was slow to take it cannot take it once more.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.h"
#include "base/ids.h"

namespace holdfast {

// What a client has at one target.
struct ClientPair {
  // Pairs are placed anew modulo this: the newer of two is the one that is less than half of it
  // ahead.
  static constexpr std::uint32_t kOrders = 1U << 10;
  static constexpr std::uint32_t kMostConnections = (1U << 24) - 1;
  // How long a pair is held without a connection while one goes over to another worker's table.
  static constexpr std::uint32_t kHeldSeconds = 10;

  TargetHandle target = {};
  std::uint32_t connections = 0;  // active ones
  CoarseTick ended = {};          // the last one, when there is none
  std::uint32_t order = 0;        // of pairs of the same client: when it was placed
  bool held = false;

  static constexpr ClientPair FromWord(std::uint64_t word) {
    return {.target = TargetHandle::FromRaw(static_cast<std::uint32_t>(word)),
            .connections = static_cast<std::uint32_t>(word >> kConnectionsShift) & kMostConnections,
            .ended = CoarseTick::FromSeconds(word >> kEndedShift),
            .order = static_cast<std::uint32_t>(word >> kOrderShift) & (kOrders - 1),
            .held = word >> kHeldShift != 0};
  }
  [[nodiscard]] constexpr std::uint64_t word() const {
    return std::uint64_t{target.raw()} | std::uint64_t{connections} << kConnectionsShift |
           std::uint64_t{ended.raw()} << kEndedShift | std::uint64_t{order} << kOrderShift |
           std::uint64_t{held} << kHeldShift;
  }
  // Whether it still says where its client goes. `linger`: seconds after the last connection.
  [[nodiscard]] constexpr bool Lasts(CoarseTick now, std::uint32_t linger) const {
    if (connections != 0) return true;
    const std::uint32_t age = now.SecondsSince(ended);
    return (linger != 0 && age <= linger) || (held && age <= kHeldSeconds);
  }
  [[nodiscard]] constexpr bool IsNewerThan(const ClientPair& other) const {
    const std::uint32_t ahead = (order - other.order) & (kOrders - 1);
    return ahead != 0 && ahead < kOrders / 2;
  }

 private:
  static constexpr int kConnectionsShift = TargetHandle::kBits;
  static constexpr int kEndedShift = kConnectionsShift + 24;
  static constexpr int kOrderShift = kEndedShift + CoarseTick::kBits;
  static constexpr int kHeldShift = kOrderShift + 10;
  static_assert(kHeldShift == 63);
};

struct alignas(16) ClientSlot {
  struct Words {
    std::uint64_t key = 0;
    std::uint64_t value = 0;
  };
  std::atomic<std::uint64_t> key;
  std::atomic<std::uint64_t> value;

  // Both as they were at one moment: the value was the same before the key was read and after.
  // What is decided by them is swapped, which finds out whether they still are.
  [[nodiscard]] Words Read() const {
    for (std::uint64_t first = value.load(std::memory_order_acquire);;) {
      const std::uint64_t its_key = key.load(std::memory_order_acquire);
      const std::uint64_t again = value.load(std::memory_order_acquire);
      if (again == first) return {its_key, first};
      first = again;
    }
  }
  // A full barrier, as every locked instruction of x86.
  bool Swap(const Words& expected, const Words& next) {
    return __sync_bool_compare_and_swap(reinterpret_cast<Both*>(this), BothOf(expected),
                                        BothOf(next));
  }

 private:
  __extension__ typedef unsigned __int128 Both [[gnu::may_alias]];
  static Both BothOf(const Words& words) {
    return static_cast<Both>(words.value) << 64 | words.key;
  }
};
static_assert(sizeof(ClientSlot) == 16);

}  // namespace holdfast
