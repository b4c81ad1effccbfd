// KernelGate: a worker's end of the kernel's share. It gives the kernel's thread what the
// kernel should have, and sends what the kernel sends.
//
// What it gives is limited twice, so that no flood keeps the worker from its services or
// takes the buffers away: by a rate for each port, and by how much may be on its way.
//
// Thread: the worker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "datapath/batch.h"
#include "datapath/kernel_lane.h"
#include "datapath/target_lines.h"
#include "datapath/token_bucket.h"
#include "datapath/worker_ports.h"
#include "stats/worker_counters.h"
#include "tables/probe_table.h"

namespace holdfast {

class KernelGate {
 public:
  // `lane`: nullptr when no port has a kernel interface; `probes`: when there are no health
  // checks.
  KernelGate(KernelLane* lane, const ProbeTable* probes, const WorkerPorts& ports,
             std::uint64_t cycles_per_second);

  // What the batch has for the kernel ends here; or it is dropped.
  void HandOver(Batch& batch);
  // Frees what the kernel's thread is done with, sends what the kernel sends. Once a turn.
  // `lines` are for health checks, which leave for their targets.
  void Exchange(const WorkerPorts& ports, const Snapshot& snapshot, TargetLines& lines,
                WorkerCounters& counters) {
    if (lane_ == nullptr) [[likely]]
      return;
    if (on_their_way_ != 0) TakeBack();
    SendFromKernel(ports, snapshot, lines, counters);
  }

 private:
  [[nodiscard]] bool Give(rte_mbuf* mbuf, PortIndex port);
  void TakeBack();
  void SendFromKernel(const WorkerPorts& ports, const Snapshot& snapshot, TargetLines& lines,
                      WorkerCounters& counters);
  // What became of it.
  [[nodiscard]] Reply Send(const OutgoingFrame& frame, const WorkerPorts& ports,
                           const Snapshot& snapshot, TargetLines& lines) const;
  // As many new blanks as were sent, as soon as there are buffers.
  void ReplaceBlanks();

  KernelLane* const lane_;
  const ProbeTable* const probes_;
  std::vector<TokenBucket> rates_;  // by PortIndex
  std::size_t on_their_way_ = 0;    // to the kernel, or back
  std::size_t blanks_owed_ = 0;
};

}  // namespace holdfast
