#include "datapath/send_for_others.h"

#include <rte_ethdev.h>
#include <rte_mbuf.h>

namespace holdfast {

SendForOthers::SendForOthers(std::vector<OutgoingRing*> rings) {
  for (OutgoingRing* const ring : rings)
    if (ring != nullptr) waiting_.push_back({.ring = ring, .frames = {}});
}

SendForOthers::~SendForOthers() {
  for (Waiting& waiting : waiting_)
    for (; waiting.first != waiting.end; ++waiting.first)
      rte_pktmbuf_free(waiting.frames[waiting.first].mbuf);
}

bool SendForOthers::Send(const WorkerPorts& ports) {
  bool any = false;
  for (Waiting& waiting : waiting_) {
    if (waiting.first == waiting.end) {
      waiting.first = 0;
      waiting.end = waiting.ring->Pop(waiting.frames);
    }
    while (waiting.first != waiting.end) {
      const std::size_t sent = SendSome(waiting, ports);
      if (sent == 0) break;
      any = true;
    }
  }
  return any;
}

// Those at the beginning that leave by one port.
std::size_t SendForOthers::SendSome(Waiting& waiting, const WorkerPorts& ports) {
  std::array<rte_mbuf*, 64> mbufs;
  const WorkerPort& port = ports[waiting.frames[waiting.first].port];
  std::uint16_t count = 0;
  for (std::size_t i = waiting.first; i != waiting.end && waiting.frames[i].port == port.index; ++i)
    mbufs[count++] = waiting.frames[i].mbuf;
  const std::size_t sent = rte_eth_tx_burst(port.device, port.queue, mbufs.data(), count);
  waiting.first += sent;
  return sent;
}

}  // namespace holdfast
