// TableMemory: zeroed, page-aligned memory for a table, on huge pages if asked
// and if there are any, given back when it is destroyed.
#pragma once

#include <cstddef>
#include <span>

#include "absl/status/statusor.h"

namespace holdfast {

enum class MemoryKind {
  kNormal,
  kHugePages,  // 2 MB pages if reserved; else normal pages that the kernel may join
};

class TableMemory {
 public:
  // RESOURCE_EXHAUSTED names the size when the kernel refuses.
  static absl::StatusOr<TableMemory> Allocate(std::size_t bytes, MemoryKind kind);
  TableMemory() = default;
  TableMemory(TableMemory&& other) noexcept;
  TableMemory& operator=(TableMemory&& other) noexcept;
  ~TableMemory();

  [[nodiscard]] void* data() const { return data_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::span<std::byte> bytes() const {
    return {static_cast<std::byte*>(data_), size_};
  }
  // What was had, not what was asked for.
  [[nodiscard]] bool on_huge_pages() const { return on_huge_pages_; }

 private:
  void* data_ = nullptr;
  std::size_t size_ = 0;
  bool on_huge_pages_ = false;
};

}  // namespace holdfast
