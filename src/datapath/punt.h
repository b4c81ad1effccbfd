// Which frames are the kernel's, and which of the kernel's are for a service.
//
// Thread: the worker.
#pragma once

#include "datapath/batch.h"
#include "tables/snapshot.h"

namespace holdfast {

// The end of a packet that no stage wants, for `reason`: the kernel gets it if the rule
// says so (IsKernels(), tables/packet_rules.h). Else it is dropped.
// REQUIRES: the port shares with the kernel.
void PuntIfKernels(Batch& batch, rte_mbuf* mbuf, DropReason reason);

// The same by any port; a drop, where it has no kernel interface.
[[gnu::always_inline]] inline void PuntOrDrop(Batch& batch, rte_mbuf* mbuf, DropReason reason) {
  if (batch.port().shares_with_kernel()) [[unlikely]]
    return PuntIfKernels(batch, mbuf, reason);
  batch.Drop(mbuf, reason);
}

// A frame that the kernel sends by a port's interface: kFromKernelToVip when it is IP for a
// VIP, as a health check's is (probe.h); else kFromKernel. But for health checks they leave as
// they are.
Reply KindOfKernelFrame(FrameView frame, const Snapshot& snapshot);

}  // namespace holdfast
