#include "datapath/punt.h"

#include <optional>

#include "tables/packet_rules.h"
#include "wire/headers.h"

namespace holdfast {
namespace {

constexpr std::size_t kIp = sizeof(EthernetHeader);

// Of a whole IP header, whatever else is wrong.
std::optional<IpAddress> DestinationOf(FrameView frame) {
  if (frame.length < kIp) return std::nullopt;
  const std::uint16_t type = Load<EthernetHeader>(frame.data).ether_type.value();
  if (type == kEtherTypeIpv4 && frame.length >= kIp + sizeof(Ipv4Header))
    return IpAddress::FromV4(Load<Ipv4Header>(frame.data + kIp).destination.value());
  if (type == kEtherTypeIpv6 && frame.length >= kIp + sizeof(Ipv6Header))
    return IpAddress::FromV6(Load<Ipv6Header>(frame.data + kIp).destination);
  return std::nullopt;
}

bool IsToVip(FrameView frame, const Snapshot& snapshot) {
  const auto destination = DestinationOf(frame);
  return destination && snapshot.IsVip(*destination);
}

bool IsToGroup(FrameView frame) {
  return frame.length >= kIp && Load<EthernetHeader>(frame.data).destination.IsMulticast();
}

}  // namespace

void PuntIfKernels(Batch& batch, rte_mbuf* mbuf, DropReason reason) {
  const FrameView frame = FrameOf(mbuf);
  const Snapshot& snapshot = *batch.turn().snapshot;
  if (IsKernels(reason, IsToVip(frame, snapshot), IsToGroup(frame), snapshot.no_service()))
    batch.AddForKernel(mbuf);
  else
    batch.Drop(mbuf, reason);
}

Reply KindOfKernelFrame(FrameView frame, const Snapshot& snapshot) {
  return IsToVip(frame, snapshot) ? Reply::kFromKernelToVip : Reply::kFromKernel;
}

}  // namespace holdfast
