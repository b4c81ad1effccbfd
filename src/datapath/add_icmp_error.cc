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

// About a packet that came from one of our ports for nat.
bool AddErrorOfReturn(Batch& batch, std::size_t i, const ParsedPacket& packet, const Nat& nat) {
  rte_mbuf* const mbuf = batch.received()[i];
  const auto quoted = ParseIcmpError(FrameOf(mbuf), packet);
  if (!quoted || !quoted->has_ports() || quoted->source != packet.key.vip ||
      !nat.TakesReplies(quoted->source, quoted->source_port))
    return false;
  batch.AddReturn({.mbuf = mbuf,
                   .owner = nat.OwnerOf(quoted->source_port),
                   .kind = ReturnContext::Kind::kError,
                   .length = FrameOf(mbuf).length},
                  FlowOf(*quoted));
  return true;
}

}  // namespace

bool AddIcmpError(Batch& batch, std::size_t i, const ParsedPacket& packet, const Nat& nat) {
  const Snapshot& snapshot = *batch.turn().snapshot;
  if (!snapshot.IsVip(packet.key.vip))
    return nat.enabled() && AddErrorOfReturn(batch, i, packet, nat);
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
