#include "datapath/stages.h"
#include "wire/icmp.h"

namespace holdfast {
namespace {

// The identifier takes the client's port's place, so that one run of `ping` stays at one target.
FlowKey FlowOf(FrameView frame, const ParsedPacket& packet) {
  const auto icmp = Load<IcmpHeader>(frame.data + packet.l4_offset);
  return {.client = packet.key.client,
          .vip = packet.key.vip,
          .client_port = static_cast<std::uint16_t>(icmp.rest.value() >> 16),
          .protocol = packet.kind == PacketKind::kIcmp ? Protocol::kIcmp : Protocol::kIcmpV6};
}

}  // namespace

bool AddEchoRequest(Batch& batch, std::size_t i, const ParsedPacket& packet,
                    const WorkerPorts& ports) {
  const EchoMap& echo_map = batch.turn().snapshot->echo_map();
  if (echo_map.empty()) return false;
  const Destination destination = echo_map.Find(packet.key.vip);
  if (!destination.exists()) return false;
  // As where pings are answered: what is wrong is dropped there, by its name.
  const FrameView frame = FrameOf(batch.received()[i]);
  if (ports.Own(packet.key.vip) || ports.Own(packet.key.client) ||
      batch.port().IsBroadcast(packet.key.client) || !IsValidEchoRequest(frame, packet))
    return false;
  batch.AddFlow(i, FlowOf(frame, packet), destination, SegmentFlags{.passive = true});
  return true;
}

}  // namespace holdfast
