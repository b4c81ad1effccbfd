// KernelLane: the rings between one worker and the thread that serves the kernel's
// interfaces (kernel_mover.h). Buffers go round in them, so that this thread, which may be
// interrupted at any time, never touches the pool that workers take theirs from.
//
//   worker                                      the kernel's thread
//     ── to_kernel: frames that were received ──▶ writes them to the interface
//     ◀─ spent: their buffers, to be freed ──────
//     ── blanks: empty buffers ─────────────────▶ reads the kernel's frames into them
//     ◀─ from_kernel: frames to send ────────────
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "datapath/outgoing_frame.h"

struct rte_mempool;

namespace holdfast {

struct KernelLane {
  // Frames that the kernel's thread has not written yet, or whose buffers it has not
  // given back: at most so many, whatever comes.
  static constexpr std::size_t kMostToKernel = 255;
  // Buffers for what the kernel sends. Those of worker 0: it sends it all.
  static constexpr std::size_t kBlanks = 255;
  static constexpr unsigned kRingSize = 256;  // one less fits in

  using BufferRing = MessageRing<rte_mbuf*>;

  // `name` is unique in the process; blanks come from `packets`. REQUIRES: the EAL runs.
  static absl::StatusOr<KernelLane> Create(const std::string& name, rte_mempool* packets) {
    auto to_kernel = OutgoingRing::Create(name + "_to", kRingSize);
    auto spent = BufferRing::Create(name + "_spent", kRingSize);
    auto blanks = BufferRing::Create(name + "_blanks", kRingSize);
    auto from_kernel = OutgoingRing::Create(name + "_from", kRingSize);
    absl::Status status = to_kernel.status();
    status.Update(spent.status());
    status.Update(blanks.status());
    status.Update(from_kernel.status());
    if (!status.ok()) return status;
    return KernelLane{*std::move(to_kernel), *std::move(spent), *std::move(blanks),
                      *std::move(from_kernel), packets};
  }

  OutgoingRing to_kernel;
  BufferRing spent;
  BufferRing blanks;
  OutgoingRing from_kernel;
  rte_mempool* packets = nullptr;
};

}  // namespace holdfast
