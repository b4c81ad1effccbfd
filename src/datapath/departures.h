// Departures: what a batch sends by one port, in order.
//
// Thread: the worker.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "datapath/batch.h"

namespace holdfast {

class Departures {
 public:
  void Add(PacketContext& packet) {
    mbufs_[size_] = packet.mbuf;
    packets_[size_++] = &packet;
  }
  [[nodiscard]] std::span<rte_mbuf*> mbufs() { return {mbufs_.data(), size_}; }
  [[nodiscard]] std::span<PacketContext* const> packets() const { return {packets_.data(), size_}; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  void Clear() { size_ = 0; }

 private:
  std::size_t size_ = 0;
  std::array<rte_mbuf*, Batch::kCapacity> mbufs_;
  std::array<PacketContext*, Batch::kCapacity> packets_;
};

}  // namespace holdfast
