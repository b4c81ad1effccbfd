// TargetLines: how one worker reaches each target, one cache line for each: the
// headers that its packets get, prebuilt, and what is counted for each packet.
//
// A line is made when a packet needs it, anew after targets, neighbours or path MTUs changed,
// so a change costs each worker nothing for targets that it sends nothing to.
//
// Thread: the worker; the counters in a line are any thread's to read.
#pragma once

#include <cstdint>
#include <vector>

#include "datapath/target_path.h"
#include "datapath/worker_ports.h"
#include "tables/neighbour_table.h"
#include "tables/path_mtu_table.h"
#include "tables/snapshot.h"

namespace holdfast {

class TargetLines {
 public:
  // What is known of the ways to targets.
  struct Ways {
    const NeighbourTable& neighbours;
    const PathMtuTable& path_mtus;
  };
  // What `ways` refers to, `ports` and `lines` (by target slot) outlive it.
  TargetLines(const Ways& ways, const WorkerPorts& ports, std::vector<TargetLine>& lines)
      : ways_(ways), ports_(ports), lines_(lines.data()), tunnels_(lines.size()) {}

  // Before a batch: lines that were made for an older state are made anew.
  void Follow(const Snapshot& snapshot) {
    snapshot_ = &snapshot;
    stamp_ = StampOf(snapshot);
  }

  // The line of the target that `handle` means, or nullptr when it is gone (P7).
  // Valid until the next Follow().
  [[nodiscard]] TargetLine* Find(TargetHandle handle) {
    TargetLine& line = lines_[handle.slot()];
    if (PathOf(line).made_for == (stamp_ | handle.raw())) [[likely]]
      return &line;
    return Make(handle, kWithCare);
  }
  // Where the line of `handle` is, if it has one; and whether Find() returns it as it is, for any
  // handle at all.
  [[nodiscard]] TargetLine* Place(TargetHandle handle) const { return &lines_[handle.slot()]; }
  [[nodiscard]] bool IsReady(TargetHandle handle) const {
    return PathOf(lines_[handle.slot()]).made_for == (stamp_ | handle.raw());
  }
  // The same as Find(), but none of a target that is down in a service: not all that it has an entry
  // for may follow it. So nobody else is asked whether it is.
  [[nodiscard]] TargetLine* FindReady(TargetHandle handle) {
    TargetLine& line = lines_[handle.slot()];
    if (PathOf(line).made_for == (stamp_ | handle.raw())) [[likely]]
      return &line;
    return Make(handle, 0);
  }

  // REQUIRES: Find() returned `line`.
  [[nodiscard]] const TunnelPath& TunnelOf(const TargetLine& line) const {
    return tunnels_[static_cast<std::size_t>(&line - lines_)];
  }

 private:
  // Versions only grow: their sum is another one when any is. The handle goes below it.
  [[nodiscard]] std::uint64_t StampOf(const Snapshot& snapshot) const {
    return (snapshot.version() + ways_.neighbours.version() + ways_.path_mtus.version() + 1) << 16;
  }
  // `allowed`: 0, or kWithCare for a line of a target that is down in a service, too. Such a
  // line has that mark in its stamp, above the handle, and so is never taken as it is.
  static constexpr std::uint64_t kWithCare = std::uint64_t{1} << 15;
  static_assert(TargetHandle::kBits < 15);
  [[gnu::noinline]] TargetLine* Make(TargetHandle handle, std::uint64_t allowed);

  const Ways ways_;
  const WorkerPorts& ports_;
  TargetLine* const lines_;          // by slot
  std::vector<TunnelPath> tunnels_;  // by slot
  const Snapshot* snapshot_ = nullptr;
  std::uint64_t stamp_ = 0;
};

}  // namespace holdfast
