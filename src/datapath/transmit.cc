#include <rte_ethdev.h>

#include "datapath/stages.h"

namespace holdfast {
namespace {

// What leaves by one port, in order.
struct Departures {
  std::array<PacketContext*, Batch::kCapacity> packets;
  std::size_t count = 0;
};

bool Leaves(const PacketContext& packet, const Batch& batch, PortIndex port) {
  if (packet.state == PacketState::kReply) return batch.port().index == port;
  return packet.state == PacketState::kDecided && packet.target->port == port;
}

Departures DeparturesBy(Batch& batch, PortIndex port) {
  Departures departures;
  for (PacketContext& packet : batch.packets())
    if (Leaves(packet, batch, port)) departures.packets[departures.count++] = &packet;
  return departures;
}

// A reply that finds no room is only not counted as sent: the packet that it
// answers is accounted for already.
void NoteUnsent(Batch& batch, PacketContext& packet) {
  if (packet.state == PacketState::kDecided) batch.Drop(packet, DropReason::kTxFull);
}

void NoteSent(Batch& batch, PacketContext& packet) {
  if (packet.state == PacketState::kReply) batch.Count(packet.reply);
  batch.Sent(packet);
}

}  // namespace

void Transmit(Batch& batch, const WorkerPorts& ports) {
  std::array<rte_mbuf*, Batch::kCapacity> mbufs;
  for (const WorkerPort& port : ports.all()) {
    const Departures departures = DeparturesBy(batch, port.index);
    for (std::size_t i = 0; i < departures.count; ++i) mbufs[i] = departures.packets[i]->mbuf;
    const std::size_t sent = departures.count == 0
                                 ? 0
                                 : rte_eth_tx_burst(port.device, port.queue, mbufs.data(),
                                                    static_cast<std::uint16_t>(departures.count));
    for (std::size_t i = 0; i < departures.count; ++i)
      (i < sent ? NoteSent : NoteUnsent)(batch, *departures.packets[i]);
  }
}

}  // namespace holdfast
