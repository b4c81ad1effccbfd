#include <rte_ethdev.h>

#include "datapath/stages.h"

namespace holdfast {
namespace {

// Neighbours in a batch often are for the same service: they are added at once.
class ServiceRun {
 public:
  explicit ServiceRun(WorkerCounters& counters) : counters_(counters) {}

  void Add(const Departure& packet) {
    if (packet.by != by_) [[unlikely]]
      Begin(packet.by);
    ++packets_;
    bytes_ += packet.frame_length;
  }
  void End() {
    if (packets_ == 0) return;
    ServiceCounters& service = counters_.services[Index(by_.service())];
    service.packets[by_.step()].Add(packets_);
    service.bytes.Add(bytes_);
  }

 private:
  void Begin(ServiceAndStep by) {
    End();
    by_ = by;
    packets_ = bytes_ = 0;
  }

  WorkerCounters& counters_;
  ServiceAndStep by_;
  std::uint64_t packets_ = 0;
  std::uint64_t bytes_ = 0;
};

void CountForwarded(std::span<const Departure> packets, WorkerCounters& counters) {
  ServiceRun run(counters);
  for (const Departure& packet : packets) {
    packet.line->packets.Add(1);
    packet.line->bytes.Add(packet.frame_length);
    run.Add(packet);
  }
  run.End();
}

void Send(Departures& departures, const WorkerPort& port, Batch& batch, WorkerCounters& counters) {
  const auto mbufs = departures.mbufs();
  const std::size_t sent = rte_eth_tx_burst(port.device, port.queue, mbufs.data(),
                                            static_cast<std::uint16_t>(mbufs.size()));
  batch.CountSent(sent);
  CountForwarded(departures.packets().first(sent), counters);
  for (rte_mbuf* mbuf : mbufs.subspan(sent)) batch.Drop(mbuf, DropReason::kTxFull);
  departures.Clear();
}

// A reply that finds no room is only not counted as sent: the packet that it
// answers is accounted for already.
void SendReplies(Batch& batch) {
  for (Batch::ReplyContext reply : batch.replies()) {
    if (rte_eth_tx_burst(batch.port().device, batch.port().queue, &reply.mbuf, 1) == 1) {
      batch.Count(reply.kind);
      batch.CountSent(1);
    } else {
      rte_pktmbuf_free(reply.mbuf);
    }
  }
}

}  // namespace

void Transmit(Batch& batch, const WorkerPorts& ports, std::span<Departures> departures,
              WorkerCounters& counters) {
  for (const WorkerPort& port : ports.all())
    if (!departures[Index(port.index)].empty())
      Send(departures[Index(port.index)], port, batch, counters);
  SendReplies(batch);
}

}  // namespace holdfast
