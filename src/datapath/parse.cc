#include <rte_mbuf.h>

#include "datapath/stages.h"

namespace holdfast {
namespace {

// The headers of a packet are in memory when it is its turn.
constexpr std::size_t kPrefetchAhead = 4;

void PrefetchHeaders(const PacketContext& packet) {
  __builtin_prefetch(rte_pktmbuf_mtod(packet.mbuf, const void*));
}

bool DeviceFoundChecksumGood(const PacketContext& packet) {
  return (packet.mbuf->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) == RTE_MBUF_F_RX_IP_CKSUM_GOOD;
}

}  // namespace

void Parse(Batch& batch) {
  const auto packets = batch.packets();
  for (std::size_t i = 0; i < std::min(kPrefetchAhead, packets.size()); ++i)
    PrefetchHeaders(packets[i]);
  for (std::size_t i = 0; i < packets.size(); ++i) {
    if (i + kPrefetchAhead < packets.size()) PrefetchHeaders(packets[i + kPrefetchAhead]);
    PacketContext& packet = packets[i];
    packet.parsed = ParseFrame(FrameOf(packet), batch.port().mac, DeviceFoundChecksumGood(packet));
    if (packet.parsed.kind == PacketKind::kDrop) batch.Drop(packet, packet.parsed.drop);
  }
}

}  // namespace holdfast
