#include "datapath/batch.h"

#include <rte_ethdev.h>
#include <rte_mbuf.h>

namespace holdfast {

bool Batch::Receive(const WorkerPort& port) {
  std::array<rte_mbuf*, kCapacity> mbufs;
  port_ = &port;
  size_ = rte_eth_rx_burst(port.device, port.queue, mbufs.data(), kCapacity);
  for (std::size_t i = 0; i < size_; ++i) {
    packets_[i] = PacketContext{};
    packets_[i].mbuf = mbufs[i];
  }
  return size_ != 0;
}

void Batch::Finish(WorkerCounters& counters) {
  AddTallies(counters);
  FreeUnsent();
  size_ = 0;
  sent_ = 0;
  drops_.fill(0);
  local_.fill(0);
  replies_.fill(0);
}

void Batch::AddTallies(WorkerCounters& counters) {
  const auto add = [](const auto& tallies, auto& to, auto name) {
    for (std::size_t i = 0; i < tallies.size(); ++i)
      if (tallies[i] != 0) to[static_cast<decltype(name)>(i)].Add(tallies[i]);
  };
  counters.rx_packets.Add(size_);
  counters.tx_packets.Add(sent_);
  add(drops_, counters.drops, DropReason{});
  add(local_, counters.local, LocalPacket{});
  add(replies_, counters.replies, Reply{});
}

void Batch::FreeUnsent() {
  std::array<rte_mbuf*, kCapacity> mbufs;
  unsigned count = 0;
  for (const PacketContext& packet : packets())
    if (packet.mbuf != nullptr) mbufs[count++] = packet.mbuf;
  rte_pktmbuf_free_bulk(mbufs.data(), count);
}

FrameView FrameOf(const PacketContext& packet) {
  return {rte_pktmbuf_mtod(packet.mbuf, const std::uint8_t*), rte_pktmbuf_data_len(packet.mbuf)};
}

std::uint8_t* BytesOf(PacketContext& packet) {
  return rte_pktmbuf_mtod(packet.mbuf, std::uint8_t*);
}

}  // namespace holdfast
