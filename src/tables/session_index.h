// SessionIndex: from a hash to a number, for NatTable: open addressing with linear probing.
//
// An entry is a part of the fingerprint and the number; who asks says whether a number is the
// right one. What is erased leaves no mark: those behind it move up.
//
// Thread: one.
#pragma once

#include <bit>
#include <cstdint>
#include <utility>

#include "absl/status/statusor.h"
#include "base/prefetch.h"
#include "tables/flow_hash.h"
#include "tables/table_memory.h"

namespace holdfast {

class SessionIndex {
 public:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  // For `capacity` numbers, all below that.
  static absl::StatusOr<SessionIndex> Create(std::size_t capacity, MemoryKind memory) {
    const std::size_t entries = std::bit_ceil(capacity * 2);
    auto allocated = TableMemory::Allocate(entries * sizeof(Entry), memory);
    if (!allocated.ok()) return allocated.status();
    return SessionIndex(*std::move(allocated), entries - 1);
  }

  void Prefetch(const FlowHash& hash) const { holdfast::Prefetch(&at(HomeOf(hash))); }

  // `is_it(number)`: whether it is the right one. kNone: there is none.
  template <typename IsIt>
  [[nodiscard]] std::uint32_t Find(const FlowHash& hash, IsIt is_it) const {
    for (std::size_t i = HomeOf(hash); at(i).number_and_one != 0; ++i)
      if (at(i).tag == TagOf(hash) && is_it(at(i).number_and_one - 1))
        return at(i).number_and_one - 1;
    return kNone;
  }
  // REQUIRES: `number` is not in it, and it is not full.
  void Insert(const FlowHash& hash, std::uint32_t number) {
    std::size_t i = HomeOf(hash);
    while (at(i).number_and_one != 0) ++i;
    at(i) = {TagOf(hash), number + 1};
  }
  // `hash_of(number)`: of one that is in it. REQUIRES: `number` is in it, by `hash`.
  template <typename HashOf>
  void Erase(const FlowHash& hash, std::uint32_t number, HashOf hash_of) {
    std::size_t hole = HomeOf(hash);
    while (at(hole).number_and_one != number + 1) ++hole;
    for (std::size_t i = hole + 1; at(i).number_and_one != 0; ++i) {
      const std::size_t home = HomeOf(hash_of(at(i).number_and_one - 1));
      // One that is nearer to its home than the hole is would be lost behind it.
      if (((i - home) & mask_) < ((i - hole) & mask_)) continue;
      at(hole) = at(i);
      hole = i;
    }
    at(hole) = {};
  }
  [[nodiscard]] std::size_t memory_bytes() const { return memory_.size(); }

 private:
  struct Entry {
    std::uint32_t tag = 0;
    std::uint32_t number_and_one = 0;  // 0: empty
  };

  SessionIndex(TableMemory memory, std::size_t mask) : memory_(std::move(memory)), mask_(mask) {}

  [[nodiscard]] std::size_t HomeOf(const FlowHash& hash) const { return hash.bucket & mask_; }
  static std::uint32_t TagOf(const FlowHash& hash) {
    return static_cast<std::uint32_t>(hash.fingerprint);
  }
  // Any number; it goes round.
  [[nodiscard]] Entry& at(std::size_t i) const {
    return static_cast<Entry*>(memory_.data())[i & mask_];
  }

  TableMemory memory_;
  std::size_t mask_;
};

}  // namespace holdfast
