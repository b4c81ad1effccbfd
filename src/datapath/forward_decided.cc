#include "datapath/forward.h"
#include "datapath/stages.h"

namespace holdfast {

void ForwardDecided(Batch& batch, std::span<Departures> departures) {
  batch.ForEachUnknown([&](PacketContext& packet) {
    if (packet.state == PacketState::kDecided)
      Forward(batch, departures, packet.mbuf, packet.destination, *packet.line, packet.step);
  });
}

}  // namespace holdfast
