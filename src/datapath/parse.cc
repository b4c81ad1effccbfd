#include <rte_mbuf.h>

#include <algorithm>

#include "datapath/stages.h"

namespace holdfast {
namespace {

const auto kParseGroup = GroupParsers().front().parse;

bool DeviceFoundChecksumGood(const rte_mbuf* mbuf) {
  return (mbuf->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) == RTE_MBUF_F_RX_IP_CKSUM_GOOD;
}

DropReason WhyNoService(const Batch& batch, const IpAddress& vip, const WorkerPorts& ports) {
  const bool ours = batch.turn().snapshot->IsVip(vip) || ports.Own(vip);
  return ours ? DropReason::kNoService : DropReason::kNotOurAddress;
}

void SortOut(Batch& batch, rte_mbuf* mbuf, const WorkerPorts& ports) {
  const ParsedPacket packet =
      ParseFrame(FrameOf(mbuf), batch.port().mac, DeviceFoundChecksumGood(mbuf));
  if (packet.kind == PacketKind::kDrop) return batch.Drop(mbuf, packet.drop);
  if (packet.kind != PacketKind::kFlow) return batch.AddLocal(mbuf, packet);
  const auto tuple = Ipv4Tuple::Of(packet.key);
  const Destination destination = batch.turn().snapshot->Classify(tuple);
  if (!destination.exists()) return batch.Drop(mbuf, WhyNoService(batch, packet.key.vip, ports));
  batch.AddFlow(mbuf, tuple, destination, packet.segment);
}

// Bit i: there is a service for packet i of the room.
std::uint32_t Classify(const Batch::Room& room, const Snapshot& snapshot) {
  for (std::size_t i = 0; i < kGroup; ++i)
    room.destinations[i] = snapshot.Classify(room.parsed.tuples[i]);
  std::uint32_t exists = 0;
  for (std::size_t i = 0; i < kGroup; ++i)
    exists |= std::uint32_t{room.destinations[i].exists()} << i;
  return exists;
}

// In the order of arrival. The room is filled up from its beginning: a packet never
// goes where one is that was not looked at yet.
[[gnu::noinline, gnu::cold]] void AddAsTheyAre(Batch& batch, std::span<rte_mbuf* const> packets,
                                               const Batch::Room& room, std::uint32_t flows,
                                               const WorkerPorts& ports) {
  for (std::size_t i = 0; i < packets.size(); ++i) {
    if ((flows >> i & 1) != 0)
      batch.AddFlow(packets[i], room.parsed.tuples[i], room.destinations[i],
                    room.parsed.segments[i]);
    else
      SortOut(batch, packets[i], ports);
  }
}

}  // namespace

void Parse(Batch& batch, std::size_t first, const WorkerPorts& ports) {
  const auto packets = batch.received().subspan(first);
  const std::size_t count = std::min(kGroup, packets.size());
  const Batch::Room room = batch.room();
  const std::uint32_t ordinary = kParseGroup(batch.frames_from(first), OwnMac(batch.port().mac),
                                             batch.checksums_known_good(), room.parsed);
  const std::uint32_t flows = ordinary & Classify(room, *batch.turn().snapshot);
  const std::uint32_t all = (1U << count) - 1;
  if ((flows & all) == all) [[likely]]
    batch.AddFlows(first, count);
  else
    AddAsTheyAre(batch, packets.first(count), room, flows, ports);
}

}  // namespace holdfast
