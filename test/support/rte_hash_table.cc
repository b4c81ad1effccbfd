#include "support/rte_hash_table.h"

#include <rte_hash.h>
#include <rte_lcore.h>

#include <bit>
#include <cstdlib>
#include <string>

namespace holdfast {

RteHashTable::RteHashTable(std::size_t capacity, std::size_t key_bytes) {
  static int made = 0;
  const std::string name = "reference_" + std::to_string(made++);
  rte_hash_parameters parameters{};
  parameters.name = name.c_str();
  parameters.entries = static_cast<std::uint32_t>(capacity);
  parameters.key_len = static_cast<std::uint32_t>(key_bytes);
  parameters.socket_id = static_cast<int>(rte_socket_id());
  // Without the extendable table it loses keys when it is as full as it was made for.
  parameters.extra_flag = RTE_HASH_EXTRA_FLAGS_RW_CONCURRENCY_LF | RTE_HASH_EXTRA_FLAGS_EXT_TABLE;
  table_.reset(rte_hash_create(&parameters));
  if (table_ == nullptr) std::abort();
}

void RteHashTable::Free::operator()(rte_hash* table) const { rte_hash_free(table); }

bool RteHashTable::Insert(const void* key, std::uint64_t value) {
  return rte_hash_add_key_data(table_.get(), key, std::bit_cast<void*>(value)) == 0;
}

std::optional<std::uint64_t> RteHashTable::Find(const void* key) const {
  void* value = nullptr;
  if (rte_hash_lookup_data(table_.get(), key, &value) < 0) return std::nullopt;
  return std::bit_cast<std::uint64_t>(value);
}

// No reader runs beside it: the place is free again at once.
bool RteHashTable::Erase(const void* key) {
  const std::int32_t position = rte_hash_del_key(table_.get(), key);
  return position >= 0 && rte_hash_free_key_with_position(table_.get(), position) == 0;
}

std::uint64_t RteHashTable::FindBurst(std::span<const void*> keys,
                                      std::span<std::uint64_t> values) const {
  std::uint64_t found = 0;
  rte_hash_lookup_bulk_data(table_.get(), keys.data(), static_cast<std::uint32_t>(keys.size()),
                            &found, reinterpret_cast<void**>(values.data()));
  return found;
}

}  // namespace holdfast
