#include "datapath/stages.h"

namespace holdfast {

void CountRequests(Batch& batch, WorkerCounters& counters) {
  batch.ForEachUnknown([&](const PacketContext& packet) {
    if (!packet.decision) return;
    counters.services[Index(packet.destination.service())].requests[*packet.decision].Add(1);
    if (packet.line != nullptr)
      counters.target_requests[PathOf(*packet.line).handle().slot()].requests[*packet.decision].Add(
          1);
  });
}

}  // namespace holdfast
