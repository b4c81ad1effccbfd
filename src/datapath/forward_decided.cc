#include "datapath/forward.h"
#include "datapath/stages.h"

namespace holdfast {

void ForwardDecided(Batch& batch, std::span<Departures> departures) {
  for (PacketContext& packet : batch.unknown())
    if (packet.state == PacketState::kDecided)
      Forward(batch, departures, packet.mbuf, packet.destination, *packet.line, packet.step);
}

}  // namespace holdfast
