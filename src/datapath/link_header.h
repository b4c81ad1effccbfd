// The Ethernet header of a frame that leaves by another port than it came, or goes back.
//
// Thread: the worker.
#pragma once

#include <rte_mbuf.h>

#include "datapath/worker_ports.h"
#include "wire/headers.h"

namespace holdfast {

// The frame, with an Ethernet header without a tag, gets another one, for `port`.
// REQUIRES: four bytes of headroom.
inline void PutLinkHeader(rte_mbuf* mbuf, const MacAddress& destination, const WorkerPort& port) {
  auto* frame = rte_pktmbuf_mtod(mbuf, std::uint8_t*);
  const BigEndian16 type = Load<EthernetHeader>(frame).ether_type;
  if (port.vlan != 0) {
    frame = reinterpret_cast<std::uint8_t*>(rte_pktmbuf_prepend(mbuf, 4));
    Store(frame + sizeof(EthernetHeader), BigEndian16(port.vlan));
    Store(frame + sizeof(EthernetHeader) + 2, type);
  }
  Store(frame,
        EthernetHeader{destination, port.mac, port.vlan != 0 ? BigEndian16(kEtherTypeVlan) : type});
}

}  // namespace holdfast
