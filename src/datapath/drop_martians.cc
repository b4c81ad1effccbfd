#include "datapath/stages.h"
#include "tables/packet_rules.h"

namespace holdfast {

namespace {

[[gnu::noinline, gnu::cold]] bool IsIpv6FromNobody(const PacketContext& packet,
                                                   const Batch& batch) {
  return IsFromNobody(batch.key(packet), *batch.turn().snapshot);
}

bool IsFromNobody(const PacketContext& packet, const Batch& batch) {
  const Ipv4Tuple& tuple = batch.tuple(packet);
  if (!tuple.is_ipv4()) [[unlikely]]
    return IsIpv6FromNobody(packet, batch);
  return IsFromNobody(tuple, *batch.turn().snapshot);
}

}  // namespace

void DropMartians(Batch& batch) {
  batch.ForEachOpen([&](PacketContext& packet) {
    if (IsFromNobody(packet, batch)) batch.Drop(packet, DropReason::kMartianSource);
  });
}

}  // namespace holdfast
