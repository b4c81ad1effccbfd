// CellStore: the affinities and holes that stand, each in a record that keeps its place and
// its number, found by its cell. Every step takes the same time at any size: the table of
// chains is made for the capacity and never grows.
//
// Memory: about 76 bytes for each record in use and 8 for each that there is room for.
#pragma once

#include <cstdint>
#include <memory>

#include "affinity/id_lists.h"
#include "base/affinity_cell.h"
#include "base/ids.h"

namespace holdfast {

using RecordId = IdLists::Id;
inline constexpr RecordId kNoRecord = IdLists::kNone;

// Times are whole seconds of the book's clock.
struct AffinityRecord {
  AffinityCell cell;
  TargetHandle owner;
  bool extends = false;  // A19
  std::uint32_t started = 0;
  std::uint32_t granted = 0;
  std::uint32_t ends = 0;           // not of a hole
  IdLists::List holes = {};         // of an affinity: what was cut out of it
  std::uint32_t hole_count = 0;     // of these
  RecordId cut_out_of = kNoRecord;  // of a hole
};

class CellStore {
 public:
  explicit CellStore(std::size_t capacity);

  // kNoRecord when it does not stand.
  [[nodiscard]] RecordId Find(const AffinityCell& cell) const;
  // REQUIRES: the cell does not stand, and size() is below the capacity.
  RecordId Insert(const AffinityCell& cell, TargetHandle owner);
  void Erase(RecordId id);
  // Gives a record another cell. REQUIRES: that one does not stand.
  void Rename(RecordId id, const AffinityCell& cell);

  AffinityRecord& operator[](RecordId id) { return nodes_[id].record; }
  const AffinityRecord& operator[](RecordId id) const { return nodes_[id].record; }
  // Records have numbers below this one. In the order of numbers a reader who comes back
  // later misses nobody who was there all the time.
  [[nodiscard]] RecordId numbers() const { return fresh_; }
  [[nodiscard]] bool Has(RecordId id) const { return nodes_[id].record.cell.service != kNoService; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

 private:
  struct Node {
    AffinityRecord record;
    RecordId next = kNoRecord;  // in its chain, or of those that are free
  };
  [[nodiscard]] RecordId& ChainOf(const AffinityCell& cell) const;
  void Unchain(RecordId id);

  std::size_t capacity_;
  std::size_t chain_mask_;
  std::unique_ptr<RecordId[]> chains_;
  // Nobody has looked at those from `fresh_` on: their memory is not there yet.
  struct FreeMemory {
    void operator()(Node* nodes) const;
  };
  std::unique_ptr<Node[], FreeMemory> nodes_;
  RecordId fresh_ = 0;
  RecordId free_ = kNoRecord;
  std::size_t size_ = 0;
};

}  // namespace holdfast
