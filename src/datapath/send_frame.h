// Sends frames by a port.
#pragma once

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include <span>

#include "datapath/link_header.h"
#include "datapath/worker_ports.h"

namespace holdfast {

// Those of them that there was room for; the others are the caller's still. They have their
// tags, if any.
inline std::size_t SendBurst(const WorkerPort& port, std::span<rte_mbuf*> mbufs) {
  if (port.has_queue()) [[likely]]
    return rte_eth_tx_burst(port.device, port.queue, mbufs.data(),
                            static_cast<std::uint16_t>(mbufs.size()));
  std::size_t sent = 0;
  while (sent != mbufs.size() && port.send_by->Push({.mbuf = mbufs[sent], .port = port.index}))
    ++sent;
  return sent;
}

// False when there is no room: then the frame is gone. The frame has its tag, if any.
inline bool SendWhole(const WorkerPort& port, rte_mbuf* mbuf) {
  if (SendBurst(port, {&mbuf, 1}) == 1) return true;
  rte_pktmbuf_free(mbuf);
  return false;
}
// The same of a frame that has no tag yet.
inline bool SendFrame(const WorkerPort& port, rte_mbuf* mbuf) {
  if (port.vlan != 0) PutTag(mbuf, port.vlan);
  return SendWhole(port, mbuf);
}

}  // namespace holdfast
