// Sends one frame by a port; more at once are Transmit()'s.
#pragma once

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "datapath/link_header.h"
#include "datapath/worker_ports.h"

namespace holdfast {

// False when the device has no room: then the frame is gone. The frame has its tag, if any.
inline bool SendWhole(const WorkerPort& port, rte_mbuf* mbuf) {
  if (rte_eth_tx_burst(port.device, port.queue, &mbuf, 1) == 1) return true;
  rte_pktmbuf_free(mbuf);
  return false;
}
// The same of a frame that has no tag yet.
inline bool SendFrame(const WorkerPort& port, rte_mbuf* mbuf) {
  if (port.vlan != 0) PutTag(mbuf, port.vlan);
  return SendWhole(port, mbuf);
}

}  // namespace holdfast
