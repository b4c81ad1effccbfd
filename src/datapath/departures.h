// Departures: what a batch sends by one port, in order.
//
// Thread: the worker.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

struct rte_mbuf;

namespace holdfast {

class Departures {
 public:
  static constexpr std::size_t kCapacity = 64;  // a batch

  // `number`: of the packet in its batch.
  void Add(rte_mbuf* mbuf, std::size_t number) {
    mbufs_[size_] = mbuf;
    numbers_[size_++] = static_cast<std::uint8_t>(number);
  }
  [[nodiscard]] std::span<rte_mbuf*> mbufs() { return {mbufs_.data(), size_}; }
  [[nodiscard]] std::span<const std::uint8_t> numbers() const { return {numbers_.data(), size_}; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  void Clear() { size_ = 0; }

 private:
  std::size_t size_ = 0;
  std::array<rte_mbuf*, kCapacity> mbufs_;
  std::array<std::uint8_t, kCapacity> numbers_;
};

}  // namespace holdfast
