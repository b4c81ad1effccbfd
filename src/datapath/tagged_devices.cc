#include "datapath/tagged_devices.h"

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include <algorithm>

#include "base/prefetch.h"
#include "datapath/link_header.h"

namespace holdfast {

TaggedDevices::TaggedDevices(const WorkerPorts& ports)
    : queue_of_(ports.all().size()), waiting_(ports.all().size()) {
  for (const WorkerPort& port : ports.all()) {
    if (!port.is_shared || !port.has_queue()) continue;
    auto queue = std::ranges::find(queues_, port.device, &Queue::device);
    if (queue == queues_.end()) {
      queues_.push_back({.device = port.device, .queue = port.queue});
      queue = queues_.end() - 1;
    }
    queue->port_of[port.vlan] = static_cast<std::uint8_t>(port.index);
    queue_of_[Index(port.index)] = static_cast<std::size_t>(queue - queues_.begin());
  }
}

TaggedDevices::~TaggedDevices() {
  for (const Waiting& waiting : waiting_)
    for (std::size_t i = 0; i < waiting.count; ++i) rte_pktmbuf_free(waiting.frames[i]);
}

std::size_t TaggedDevices::Take(const WorkerPort& port, std::span<rte_mbuf*> frames,
                                WorkerCounters& counters) {
  Queue& queue = queues_[queue_of_[Index(port.index)]];
  // Only then there is room for all that may come, whosever it is.
  if (queue.waiting == 0) Receive(queue, counters);
  Waiting& waiting = waiting_[Index(port.index)];
  std::copy_n(waiting.frames.begin(), waiting.count, frames.begin());
  queue.waiting -= waiting.count;
  return std::exchange(waiting.count, 0);
}

void TaggedDevices::Receive(Queue& queue, WorkerCounters& counters) {
  std::array<rte_mbuf*, kBurst> burst;
  queue.last_burst = rte_eth_rx_burst(queue.device, queue.queue, burst.data(), kBurst);
  const auto received = std::span(burst).first(queue.last_burst);
  for (const rte_mbuf* const mbuf : received) Prefetch(rte_pktmbuf_mtod(mbuf, const void*));
  for (rte_mbuf* const mbuf : received) {
    const std::uint8_t port = queue.port_of[TakeTag(mbuf)];
    if (port == kNobody) {
      counters.rx_packets.Add(1);
      counters.drops[DropReason::kVlan].Add(1);
      rte_pktmbuf_free(mbuf);
      continue;
    }
    Waiting& waiting = waiting_[port];
    waiting.frames[waiting.count++] = mbuf;
    ++queue.waiting;
  }
}

}  // namespace holdfast
