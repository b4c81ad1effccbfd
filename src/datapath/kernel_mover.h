// KernelMover: moves frames between workers and the kernel's interfaces, a few of each at a
// time. It waits for the kernel and never for a worker, and no worker waits for it.
//
// Thread: one of its own; the counters are any thread's.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "datapath/kernel_counters.h"
#include "datapath/kernel_lane.h"

namespace holdfast {

class KernelMover {
 public:
  // A kernel interface, as of a TAP: one frame with each read and write, without waiting.
  struct Interface {
    std::string name;
    int descriptor = -1;
    PortIndex port{};
    std::uint32_t longest_frame = 1514;
  };
  // `lanes`, by WorkerId, outlive it; what the kernel sends goes to the first one.
  KernelMover(std::vector<Interface> interfaces, std::vector<KernelLane*> lanes);
  ~KernelMover();

  // False when there was nothing to move.
  bool Move();
  // Returns when the kernel sends something, and a moment later at the latest: longer with
  // each time that Move() found nothing, a millisecond at the most.
  void Wait();

  [[nodiscard]] const std::vector<Interface>& interfaces() const { return interfaces_; }
  // By the place of the interface.
  [[nodiscard]] const KernelCounters& counters(std::size_t i) const { return counters_[i]; }

 private:
  bool MoveToKernel(KernelLane& lane);
  bool MoveFromKernel(std::size_t i);
  void Write(const OutgoingFrame& frame);
  // Whether the frame is to be sent, after `size` bytes, or a failure, were read for it.
  bool Accept(std::size_t i, long size);
  [[nodiscard]] bool HasBlank();
  void NoteGone(std::size_t i);

  std::vector<Interface> interfaces_;
  const std::vector<KernelLane*> lanes_;
  std::unique_ptr<KernelCounters[]> counters_;
  std::array<std::size_t, kMaxPorts> places_{};  // of interfaces, by PortIndex
  rte_mbuf* blank_ = nullptr;                    // for the next frame that the kernel sends
  std::chrono::nanoseconds patience_;
};

}  // namespace holdfast
