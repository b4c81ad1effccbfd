// TargetLines: how one worker reaches each target, one cache line for each: the
// headers that its packets get, prebuilt.
//
// A line is made when a packet needs it, anew after targets or neighbours changed,
// so a change costs each worker nothing for targets that it sends nothing to.
//
// Thread: the worker.
#pragma once

#include <cstdint>
#include <vector>

#include "datapath/worker_ports.h"
#include "tables/neighbour_table.h"
#include "tables/snapshot.h"
#include "wire/outer_header.h"

namespace holdfast {

class TargetLines {
 public:
  struct alignas(64) Line {
    std::uint64_t made_for = 0;  // see StampOf(); 0: never
    std::uint32_t longest_frame = 0;
    bool resolved = false;  // false: its MAC is not known, the header is void
    OuterHeader header;
  };
  static_assert(sizeof(Line) == 64);

  // `neighbours` outlives it.
  TargetLines(const NeighbourTable& neighbours, const WorkerPorts& ports)
      : neighbours_(neighbours), ports_(ports), lines_(kMaxTargets) {}

  // Before a batch: lines that were made for an older state are made anew.
  void Follow(const Snapshot& snapshot) { stamp_ = StampOf(snapshot); }

  // REQUIRES: `target` is of the snapshot of the last Follow().
  [[nodiscard]] const Line& For(const TargetView& target) {
    Line& line = lines_[target.handle.slot()];
    if (line.made_for != stamp_) [[unlikely]]
      Make(target, line);
    return line;
  }

 private:
  // Both versions only grow: their sum is another one when either is.
  [[nodiscard]] std::uint64_t StampOf(const Snapshot& snapshot) const {
    return snapshot.version() + neighbours_.version() + 1;
  }
  void Make(const TargetView& target, Line& line) const;

  const NeighbourTable& neighbours_;
  const WorkerPorts& ports_;
  std::vector<Line> lines_;  // by target slot
  std::uint64_t stamp_ = 0;
};

}  // namespace holdfast
