// The Ethernet header of a frame that leaves by another port than it came, or goes back; and
// tags (IEEE 802.1Q).
//
// Thread: the worker.
#pragma once

#include <rte_mbuf.h>

#include <cstring>

#include "datapath/worker_ports.h"
#include "wire/headers.h"
#include "wire/rewrite.h"

namespace holdfast {

inline constexpr std::size_t kVlanTag = 4;
inline constexpr std::uint16_t kVlanId = 0xfff;  // of a tag; the others are priorities

// A frame without a tag gets one. REQUIRES: as many bytes of headroom.
inline void PutTag(rte_mbuf* mbuf, std::uint16_t vlan) {
  const auto* const untagged = rte_pktmbuf_mtod(mbuf, const std::uint8_t*);
  auto* const frame = reinterpret_cast<std::uint8_t*>(rte_pktmbuf_prepend(mbuf, kVlanTag));
  constexpr std::size_t kMacs = offsetof(EthernetHeader, ether_type);
  std::memmove(frame, untagged, kMacs);
  Store(frame + kMacs, BigEndian16(kEtherTypeVlan));
  Store(frame + kMacs + sizeof(BigEndian16), BigEndian16(vlan));
}

// Takes the tag off, if the device has not done it; whose VLAN it was. 0: it had none, or only a
// priority.
inline std::uint16_t TakeTag(rte_mbuf* mbuf) {
  if ((mbuf->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0) return mbuf->vlan_tci & kVlanId;
  auto* const frame = rte_pktmbuf_mtod(mbuf, std::uint8_t*);
  if (mbuf->data_len < sizeof(EthernetHeader) + kVlanTag ||
      Load<EthernetHeader>(frame).ether_type.value() != kEtherTypeVlan)
    return 0;
  const std::uint16_t tag = Load<BigEndian16>(frame + sizeof(EthernetHeader)).value();
  std::memmove(frame + kVlanTag, frame, offsetof(EthernetHeader, ether_type));
  rte_pktmbuf_adj(mbuf, kVlanTag);
  return tag & kVlanId;
}

// The frame, without a tag, is for `destination` by `port`. REQUIRES: headroom for a tag.
inline void PutLinkHeader(rte_mbuf* mbuf, const MacAddress& destination, const WorkerPort& port) {
  auto* const frame = rte_pktmbuf_mtod(mbuf, std::uint8_t*);
  RewriteMacs(frame, destination, port.mac);
  if (port.vlan != 0) PutTag(mbuf, port.vlan);
}

}  // namespace holdfast
