#include "datapath/stages.h"
#include "wire/icmp_error.h"

namespace holdfast {
namespace {

// As the client that the quoted packet was sent to opened it.
FlowKey FlowOf(const QuotedPacket& quoted) {
  return {.client = quoted.destination,
          .vip = quoted.source,
          .client_port = quoted.destination_port,
          .vip_port = quoted.source_port,
          .protocol = Protocol(quoted.protocol)};
}

}  // namespace

bool AddIcmpError(Batch& batch, std::size_t i, const ParsedPacket& packet) {
  const Snapshot& snapshot = *batch.turn().snapshot;
  if (!snapshot.IsVip(packet.key.vip)) return false;
  rte_mbuf* const mbuf = batch.received()[i];
  const auto quoted = ParseIcmpError(FrameOf(mbuf), packet);
  if (!quoted) return false;
  if (quoted->source != packet.key.vip || !quoted->has_ports()) {
    batch.Drop(mbuf, DropReason::kIcmpForged);
    return true;
  }
  const FlowKey flow = FlowOf(*quoted);
  const Destination destination = snapshot.Classify(flow);
  if (destination.exists())
    batch.AddFlow(i, flow, destination, SegmentFlags{.passive = true});
  else
    batch.Drop(mbuf, DropReason::kNoService);
  return true;
}

}  // namespace holdfast
