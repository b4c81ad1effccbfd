// Health checks: the kernel sends them to a VIP (punt.h), and each leaves for the target that
// it is for, as a client's packet that was balanced to it would.
//
// Thread: the worker that sends what the kernel sends.
#pragma once

#include <optional>

#include "datapath/batch.h"
#include "datapath/target_lines.h"
#include "tables/probe_table.h"

namespace holdfast {

// Whom a frame for a VIP is to check; nothing when it is no health check's.
std::optional<ProbeTable::Aim> AimOf(FrameView frame, const ProbeTable& probes);

// Puts the target's headers on the frame, those of its forwarding mode in the service.
// Returns by which port it leaves; nothing when it cannot: the target is gone or its MAC not
// known, the service is gone, or the frame is too long. `lines` follow another snapshot
// afterwards.
std::optional<PortIndex> AddressProbe(rte_mbuf* mbuf, const ProbeTable::Aim& aim,
                                      const Snapshot& snapshot, TargetLines& lines);

}  // namespace holdfast
