#include "datapath/probe.h"

#include <rte_mbuf.h>

#include "datapath/put_headers.h"
#include "wire/headers.h"

namespace holdfast {
namespace {

constexpr std::size_t kIp = sizeof(EthernetHeader);
constexpr std::uint8_t kTcp = static_cast<std::uint8_t>(Protocol::kTcp);

bool IsIpv4(FrameView frame) {
  return Load<EthernetHeader>(frame.data).ether_type.value() == kEtherTypeIpv4;
}

// Of a TCP segment; 0: it is none. The kernel makes checks without options of IP.
std::uint16_t SourcePortOf(FrameView frame) {
  const std::size_t header = IsIpv4(frame) ? sizeof(Ipv4Header) : sizeof(Ipv6Header);
  if (frame.length < kIp + header + sizeof(BigEndian16)) return 0;
  const std::uint8_t protocol = IsIpv4(frame) ? Load<Ipv4Header>(frame.data + kIp).protocol
                                              : Load<Ipv6Header>(frame.data + kIp).next_header;
  return protocol == kTcp ? Load<BigEndian16>(frame.data + kIp + header).value() : 0;
}

// GUE's source port and flow labels: the same for all packets of one check.
std::uint32_t EntropyOf(std::uint16_t port) { return port * 0x9E3779B9U; }

}  // namespace

std::optional<ProbeTable::Aim> AimOf(FrameView frame, const ProbeTable& probes) {
  return probes.Find(SourcePortOf(frame));
}

std::optional<PortIndex> AddressProbe(rte_mbuf* mbuf, const ProbeTable::Aim& aim,
                                      const Snapshot& snapshot, TargetLines& lines) {
  if (Index(aim.service) >= snapshot.services().size()) return std::nullopt;
  lines.Follow(snapshot);
  const TargetLine* const line = lines.Find(aim.target);
  if (line == nullptr || !lines.TunnelOf(*line).resolved) return std::nullopt;
  const TunnelPath& path = lines.TunnelOf(*line);
  const FrameView frame = FrameOf(mbuf);
  const auto inner =
      InnerPacket::Of(frame.data + kIp, IsIpv4(frame), EntropyOf(SourcePortOf(frame)));
  const ForwardingMode mode = path.forwarding.value_or(snapshot.service(aim.service).forwarding);
  if (inner.length > path.LongestInner(mode, inner.is_ipv4) || inner.length > frame.length - kIp)
    return std::nullopt;
  PutHeaders(mbuf, path.header, inner, mode);
  return PathOf(*line).port;
}

}  // namespace holdfast
