// MemoryReads: how many random lines a second one core can read when it asks for
// them well ahead: the limit of any table that does not fit in the caches (MEM64).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tables/table_memory.h"

namespace holdfast::bench {

class MemoryReads {
 public:
  static constexpr std::size_t kBytes = std::size_t{1} << 30;
  static constexpr std::size_t kDepth = 64;  // lines asked for and not yet read

  MemoryReads();
  [[nodiscard]] bool on_huge_pages() const { return memory_.on_huge_pages(); }
  // Reads 64 bytes at each of some million random places; returns how many.
  [[nodiscard]] std::uint64_t Run() const;

 private:
  TableMemory memory_;
  std::vector<std::uint32_t> places_;  // lines, in the order in which they are read
};

}  // namespace holdfast::bench
