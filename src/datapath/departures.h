// Departures: what a batch sends by one port, in order, and what is counted of it.
//
// Thread: the worker.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/ids.h"
#include "stats/worker_counters.h"

struct rte_mbuf;

namespace holdfast {

// What knew the target of a packet for which service, in one word.
class ServiceAndStep {
 public:
  constexpr ServiceAndStep() = default;
  constexpr ServiceAndStep(ServiceSlot service, Step step)
      : word_(static_cast<std::uint32_t>(service) | static_cast<std::uint32_t>(step) << 16) {}

  [[nodiscard]] constexpr ServiceSlot service() const { return ServiceSlot(word_ & 0xffff); }
  [[nodiscard]] constexpr Step step() const { return static_cast<Step>(word_ >> 16); }
  friend constexpr bool operator==(ServiceAndStep, ServiceAndStep) = default;

 private:
  std::uint32_t word_ = 0xffff;  // kNoService
};

struct Departure {
  TargetLine* line = nullptr;
  ServiceAndStep by;
  std::uint32_t frame_length = 0;  // as it came, without FCS
};

class Departures {
 public:
  static constexpr std::size_t kCapacity = 64;  // a batch

  void Add(rte_mbuf* mbuf, const Departure& departure) {
    mbufs_[size_] = mbuf;
    departures_[size_++] = departure;
  }
  [[nodiscard]] std::span<rte_mbuf*> mbufs() { return {mbufs_.data(), size_}; }
  [[nodiscard]] std::span<const Departure> packets() const { return {departures_.data(), size_}; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  void Clear() { size_ = 0; }

 private:
  std::size_t size_ = 0;
  std::array<rte_mbuf*, kCapacity> mbufs_;
  std::array<Departure, kCapacity> departures_;
};

}  // namespace holdfast
