// KeyStream: keys as a bench's look-ups meet them, one after the other. They pass
// by the caches, as packets do that a NIC writes into few buffers: what is measured
// are the tables, not the keys.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

#include "tables/table_memory.h"

namespace holdfast::bench {

template <typename Key>
class KeyStream {
 public:
  static_assert(std::is_trivially_copyable_v<Key>);

  explicit KeyStream(const std::vector<Key>& keys)
      : memory_(TableMemory::Allocate((keys.size() + kAhead) * sizeof(Key), MemoryKind::kNormal)
                    .value()),
        keys_(static_cast<Key*>(memory_.data()), keys.size()) {
    std::uninitialized_copy(keys.begin(), keys.end(), keys_.begin());
  }

  [[nodiscard]] std::size_t size() const { return keys_.size(); }
  [[nodiscard]] std::span<const Key> all() const { return keys_; }
  // At most `count` keys from the first one on; fewer at the end, and none after it.
  [[nodiscard]] std::span<const Key> Take(std::size_t first, std::size_t count) const {
    first = std::min(first, keys_.size());
    const auto* ahead = reinterpret_cast<const std::byte*>(keys_.data() + first + kAhead);
    for (std::size_t i = 0; i < count * sizeof(Key); i += kLine)
      __builtin_prefetch(ahead + i, 0, kNonTemporal);
    return keys_.subspan(first, std::min(count, keys_.size() - first));
  }

 private:
  static constexpr std::size_t kAhead = 128;  // keys
  static constexpr std::size_t kLine = 64;
  static constexpr int kNonTemporal = 0;

  TableMemory memory_;
  std::span<Key> keys_;
};

}  // namespace holdfast::bench
