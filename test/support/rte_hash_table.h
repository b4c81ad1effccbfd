// RteHashTable: DPDK's rte_hash, lock-free for readers, behind the questions that
// our own tables are asked: the oracle of a model test and what benches compare with.
//
// Thread: one. DPDK runs (support/test_eal.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

struct rte_hash;

namespace holdfast {

class RteHashTable {
 public:
  static constexpr std::size_t kBurst = 32;

  // Room for `capacity` keys of `key_bytes` bytes each. Aborts when there is no memory.
  RteHashTable(std::size_t capacity, std::size_t key_bytes);

  // Replaces the value of a key that is there. False when there is no room.
  bool Insert(const void* key, std::uint64_t value);
  [[nodiscard]] std::optional<std::uint64_t> Find(const void* key) const;
  bool Erase(const void* key);
  // Bit i of the result: keys[i] is there, and values[i] is its value.
  // REQUIRES: at most kBurst keys, and as many values.
  std::uint64_t FindBurst(std::span<const void*> keys, std::span<std::uint64_t> values) const;

 private:
  struct Free {
    void operator()(rte_hash* table) const;
  };
  std::unique_ptr<rte_hash, Free> table_;
};

}  // namespace holdfast
