#include "affinity/cell_store.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <new>
#include <type_traits>

#include "absl/hash/hash.h"

namespace holdfast {

void CellStore::FreeMemory::operator()(Node* nodes) const { std::free(nodes); }

CellStore::CellStore(std::size_t capacity)
    : capacity_(capacity),
      chain_mask_(std::bit_ceil(capacity) - 1),
      chains_(std::make_unique_for_overwrite<RecordId[]>(chain_mask_ + 1)),
      nodes_(static_cast<Node*>(std::malloc(capacity * sizeof(Node)))) {
  static_assert(std::is_trivially_destructible_v<Node>);
  if (nodes_ == nullptr) throw std::bad_alloc();
  std::fill_n(chains_.get(), chain_mask_ + 1, kNoRecord);
}

RecordId& CellStore::ChainOf(const AffinityCell& cell) const {
  return chains_[absl::Hash<AffinityCell>{}(cell)&chain_mask_];
}

RecordId CellStore::Find(const AffinityCell& cell) const {
  RecordId id = ChainOf(cell);
  while (id != kNoRecord && nodes_[id].record.cell != cell) id = nodes_[id].next;
  return id;
}

RecordId CellStore::Insert(const AffinityCell& cell, TargetHandle owner) {
  RecordId id = free_;
  if (id == kNoRecord)
    id = fresh_++;
  else
    free_ = nodes_[id].next;
  RecordId& chain = ChainOf(cell);
  new (&nodes_[id]) Node{.record = {.cell = cell, .owner = owner}, .next = chain};
  chain = id;
  ++size_;
  return id;
}

void CellStore::Unchain(RecordId id) {
  RecordId* link = &ChainOf(nodes_[id].record.cell);
  while (*link != id) link = &nodes_[*link].next;
  *link = nodes_[id].next;
}

void CellStore::Rename(RecordId id, const AffinityCell& cell) {
  Unchain(id);
  RecordId& chain = ChainOf(cell);
  nodes_[id].record.cell = cell;
  nodes_[id].next = chain;
  chain = id;
}

void CellStore::Erase(RecordId id) {
  Node& node = nodes_[id];
  Unchain(id);
  node.record.cell.service = kNoService;
  node.next = free_;
  free_ = id;
  --size_;
}

}  // namespace holdfast
