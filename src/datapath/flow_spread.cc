#include "datapath/flow_spread.h"

#include <rte_mbuf.h>

#include "base/prefetch.h"
#include "datapath/batch.h"
#include "wire/headers.h"

namespace holdfast {
namespace {

constexpr std::size_t kIp = sizeof(EthernetHeader);
constexpr std::uint8_t kTcp = static_cast<std::uint8_t>(Protocol::kTcp);

bool HasPorts(std::uint8_t protocol) { return protocol == kTcp || protocol == kProtocolUdp; }

std::uint64_t Mix(std::uint64_t value) {
  value = (value ^ value >> 32) * 0xd6e8feb86659fd93;
  return (value ^ value >> 32) * 0xd6e8feb86659fd93;
}

// An address in one word.
std::uint64_t Folded(const std::array<std::uint8_t, 16>& address) {
  std::uint64_t halves[2];
  std::memcpy(halves, address.data(), sizeof halves);
  return Mix(halves[0]) ^ halves[1];
}

// Two ports behind the IP header, if the frame has them.
bool ReadPorts(FrameView frame, std::size_t at, std::uint32_t& source, std::uint32_t& destination) {
  if (frame.length < at + 4) return false;
  source = Load<BigEndian16>(frame.data + at).value();
  destination = Load<BigEndian16>(frame.data + at + 2).value();
  return true;
}

}  // namespace

std::optional<std::uint32_t> FlowSpread::HashOf(FrameView frame) const {
  if (frame.length < kIp + sizeof(Ipv4Header)) return std::nullopt;
  const std::uint16_t type = Load<EthernetHeader>(frame.data).ether_type.value();
  Ends ends;
  if (type == kEtherTypeIpv4) {
    const auto ip = Load<Ipv4Header>(frame.data + kIp);
    if (!HasPorts(ip.protocol)) return std::nullopt;
    ends.source = ip.source.value();
    ends.destination = ip.destination.value();
    const bool is_fragment =
        (ip.flags_and_offset.value() & (kIpv4MoreFragments | kIpv4FragmentOffset)) != 0;
    if (!is_fragment && spread_ != config::Spread::kAddresses)
      ReadPorts(frame, kIp + ip.header_length(), ends.source_port, ends.destination_port);
    return Mixed(ends);
  }
  if (type != kEtherTypeIpv6 || frame.length < kIp + sizeof(Ipv6Header)) return std::nullopt;
  const auto ip = Load<Ipv6Header>(frame.data + kIp);
  if (ip.next_header == kProtocolIcmpV6) return std::nullopt;
  ends.source = Folded(ip.source);
  ends.destination = Folded(ip.destination);
  // Behind extension headers are ports, too; but those packets are few, and still of a flow.
  if (HasPorts(ip.next_header) && spread_ != config::Spread::kAddresses)
    ReadPorts(frame, kIp + sizeof ip, ends.source_port, ends.destination_port);
  return Mixed(ends);
}

std::uint32_t FlowSpread::Mixed(const Ends& ends) const {
  const std::uint64_t source =
      Mix(ends.source ^ key_.words[0] ^ std::uint64_t{ends.source_port} << 40);
  const std::uint64_t destination =
      Mix(ends.destination ^ key_.words[0] ^ std::uint64_t{ends.destination_port} << 40);
  // A sum has no order: both directions are the same.
  const std::uint64_t both = spread_ == config::Spread::kSymmetric
                                 ? source + destination
                                 : source + 0x9e3779b97f4a7c15 * destination;
  return static_cast<std::uint32_t>(Mix(both ^ key_.words[1]) >> 32);
}

std::size_t FlowSpread::Share(const WorkerPort& port, std::span<rte_mbuf*> frames,
                              Handover& handover, WorkerCounters& counters) const {
  for (const rte_mbuf* const mbuf : frames) Prefetch(rte_pktmbuf_mtod(mbuf, const void*));
  std::size_t kept = 0;
  for (rte_mbuf* const mbuf : frames) {
    const auto hash = HashOf(FrameOf(mbuf));
    const std::uint64_t place = hash ? std::uint64_t{*hash} * port.shared_by >> 32 : 0;
    if (place == 0) {
      frames[kept++] = mbuf;
      continue;
    }
    const auto worker = WorkerId(Index(self_) + place * port.queues);
    if (handover.Give(worker, mbuf, port.index)) continue;
    counters.rx_packets.Add(1);
    counters.drops[DropReason::kHandoverFull].Add(1);
    rte_pktmbuf_free(mbuf);
  }
  return kept;
}

}  // namespace holdfast
