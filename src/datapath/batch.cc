#include "datapath/batch.h"

#include <rte_ethdev.h>
#include <rte_mbuf.h>

namespace holdfast {

bool Batch::Receive(const WorkerPort& port) {
  port_ = &port;
  size_ = rte_eth_rx_burst(port.device, port.queue, received_.data(), kCapacity);
  // Parse() wants the headers, in this order.
  for (const rte_mbuf* mbuf : received()) __builtin_prefetch(rte_pktmbuf_mtod(mbuf, const void*));
  return size_ != 0;
}

void Batch::Finish(WorkerCounters& counters) {
  counters.rx_packets.Add(size_);
  counters.tx_packets.Add(sent_);
  if (rare_ != 0) AddRareTallies(counters);
  if (discarded_count_ != 0)
    rte_pktmbuf_free_bulk(discarded_.data(), static_cast<unsigned>(discarded_count_));
  size_ = flow_count_ = unknown_count_ = local_count_ = reply_count_ = discarded_count_ = sent_ = 0;
}

void Batch::AddRareTallies(WorkerCounters& counters) {
  const auto add = [](auto& tallies, auto& to, auto name) {
    for (std::size_t i = 0; i < tallies.size(); ++i)
      if (tallies[i] != 0) to[static_cast<decltype(name)>(i)].Add(tallies[i]);
    tallies.fill(0);
  };
  add(drops_, counters.drops, DropReason{});
  add(local_, counters.local, LocalPacket{});
  add(reply_tallies_, counters.replies, holdfast::Reply{});
  rare_ = 0;
}

FrameView FrameOf(const rte_mbuf* mbuf) {
  return {rte_pktmbuf_mtod(mbuf, const std::uint8_t*), rte_pktmbuf_data_len(mbuf)};
}

std::uint8_t* BytesOf(rte_mbuf* mbuf) { return rte_pktmbuf_mtod(mbuf, std::uint8_t*); }

}  // namespace holdfast
