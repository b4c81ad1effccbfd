#include <rte_mbuf.h>

#include "datapath/stages.h"
#include "wire/ordinary_packet.h"

namespace holdfast {
namespace {

bool DeviceFoundChecksumGood(const rte_mbuf* mbuf) {
  return (mbuf->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) == RTE_MBUF_F_RX_IP_CKSUM_GOOD;
}

// Out of the way of the ordinary ones.
[[gnu::noinline, gnu::cold]] void SortOut(Batch& batch, rte_mbuf* mbuf) {
  const FrameView frame = FrameOf(mbuf);
  const ParsedPacket parsed = ParseFrame(frame, batch.port().mac, DeviceFoundChecksumGood(mbuf));
  if (parsed.kind == PacketKind::kDrop) return batch.Drop(mbuf, parsed.drop);
  if (parsed.kind != PacketKind::kFlow) return batch.AddLocal(mbuf, parsed);
  batch.next_tuple() = Ipv4Tuple::Of(parsed.key);
  batch.AddFlow(mbuf, static_cast<std::uint16_t>(frame.length), parsed.l3_length, parsed.segment);
}

}  // namespace

void Parse(Batch& batch) {
  const OwnMac own_mac(batch.port().mac);
  for (rte_mbuf* mbuf : batch.received()) {
    const FrameView frame{rte_pktmbuf_mtod(mbuf, const std::uint8_t*), mbuf->data_len};
    OrdinaryPacket packet;
    if (ParseOrdinary(frame, own_mac, DeviceFoundChecksumGood(mbuf), batch.next_tuple(), packet))
        [[likely]]
      batch.AddFlow(mbuf, mbuf->data_len, packet.length, packet.segment);
    else
      SortOut(batch, mbuf);
  }
}

}  // namespace holdfast
