// Departures: what a batch sends by one port, in order.
//
// Thread: the worker.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

struct rte_mbuf;

namespace holdfast {

class Departures {
 public:
  static constexpr std::size_t kCapacity = 256;  // a batch, and pieces of what was too long
  static constexpr std::uint8_t kPiece = 0xff;   // in place of a number

  // `number`: of the packet in its batch.
  void Add(rte_mbuf* mbuf, std::size_t number) {
    mbufs_[size_] = mbuf;
    numbers_[size_++] = static_cast<std::uint8_t>(number);
  }
  // A packet's second piece, or a later one: beside the numbered packets.
  void AddPiece(rte_mbuf* mbuf) {
    Add(mbuf, kPiece);
    has_pieces_ = true;
  }
  // For how many more, when the whole batch goes as well.
  [[nodiscard]] std::size_t room() const {
    return kCapacity - 64 - std::min(size_, kCapacity - 64);
  }
  [[nodiscard]] bool has_pieces() const { return has_pieces_; }
  [[nodiscard]] std::span<rte_mbuf*> mbufs() { return {mbufs_.data(), size_}; }
  [[nodiscard]] std::span<const std::uint8_t> numbers() const { return {numbers_.data(), size_}; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  void Clear() {
    size_ = 0;
    has_pieces_ = false;
  }

 private:
  std::size_t size_ = 0;
  bool has_pieces_ = false;
  std::array<rte_mbuf*, kCapacity> mbufs_;
  std::array<std::uint8_t, kCapacity> numbers_;
};

}  // namespace holdfast
