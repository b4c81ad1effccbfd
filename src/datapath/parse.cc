#include <rte_mbuf.h>

#include <algorithm>

#include "datapath/stages.h"
#include "wire/ordinary_packet.h"

namespace holdfast {
namespace {

bool DeviceFoundChecksumGood(const rte_mbuf* mbuf) {
  return (mbuf->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) == RTE_MBUF_F_RX_IP_CKSUM_GOOD;
}

DropReason WhyNoService(const Batch& batch, const IpAddress& vip, const WorkerPorts& ports) {
  const bool ours = batch.turn().snapshot->IsVip(vip) || ports.Own(vip);
  return ours ? DropReason::kNoService : DropReason::kNotOurAddress;
}

// Out of the way of the ordinary ones.
[[gnu::noinline, gnu::cold]] void SortOut(Batch& batch, rte_mbuf* mbuf, const WorkerPorts& ports) {
  const ParsedPacket packet =
      ParseFrame(FrameOf(mbuf), batch.port().mac, DeviceFoundChecksumGood(mbuf));
  if (packet.kind == PacketKind::kDrop) return batch.Drop(mbuf, packet.drop);
  if (packet.kind != PacketKind::kFlow) return batch.AddLocal(mbuf, packet);
  const auto tuple = Ipv4Tuple::Of(packet.key);
  const Destination destination = batch.turn().snapshot->Classify(tuple);
  if (!destination.exists()) return batch.Drop(mbuf, WhyNoService(batch, packet.key.vip, ports));
  batch.next_tuple() = tuple;
  batch.AddFlow(mbuf, destination, packet.segment);
}

}  // namespace

void Parse(Batch& batch, std::size_t first, std::size_t most, const WorkerPorts& ports) {
  const OwnMac own_mac(batch.port().mac);
  const Snapshot& snapshot = *batch.turn().snapshot;
  const auto received = batch.received().subspan(first);
  for (rte_mbuf* mbuf : received.first(std::min(most, received.size()))) {
    Ipv4Tuple& tuple = batch.next_tuple();
    SegmentFlags segment;
    const FrameView frame{rte_pktmbuf_mtod(mbuf, const std::uint8_t*), mbuf->data_len};
    if (!ParseOrdinary(frame, own_mac, DeviceFoundChecksumGood(mbuf), tuple, segment))
        [[unlikely]] {
      SortOut(batch, mbuf, ports);
      continue;
    }
    const Destination destination = snapshot.Classify(tuple);
    if (!destination.exists()) [[unlikely]]
      SortOut(batch, mbuf, ports);
    else
      batch.AddFlow(mbuf, destination, segment);
  }
}

}  // namespace holdfast
