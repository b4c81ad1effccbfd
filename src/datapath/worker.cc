#include "datapath/worker.h"

#include <rte_cycles.h>
#include <rte_ethdev.h>

#include <utility>

namespace holdfast {

Worker::Worker(const WorkerOptions& options, WorkerPorts ports, const WorkerTables& tables,
               NeighbourEventRing& events, OutgoingRing& outgoing)
    : options_(options),
      ports_(std::move(ports)),
      tables_(tables),
      events_(events),
      outgoing_(outgoing),
      counters_(*tables.counters),
      idle_(options.poll, options.max_sleep),
      load_(options.cycles_per_second, counters_),
      replies_(options.cycles_per_second),
      lines_(*tables.neighbours, ports_),
      sweeper_(options.cycles_per_second, *tables.connections, tables.all_connections, counters_) {}

std::uint64_t ReadTsc() { return rte_rdtsc(); }

void Worker::Run(const std::atomic<bool>& stop) {
  RcuDomain& rcu = *tables_.rcu;
  rcu.Online(options_.id);
  while (!stop.load(std::memory_order_relaxed)) {
    const bool busy = RunTurn();
    idle_.AfterTurn(busy, options_.id, rcu, counters_.sleeps);
  }
  rcu.Offline(options_.id);
}

bool Worker::RunTurn() {
  const std::uint64_t began = options_.cycles();
  const bool busy = ServePorts();
  SendOutgoing();
  SweepConnections();
  load_.AfterTurn(began, options_.cycles(), busy);
  tables_.rcu->Quiescent(options_.id);  // no pointer into a shared table is live here
  return busy;
}

bool Worker::ServePorts() {
  bool busy = false;
  for (const WorkerPort& port : ports_.all()) {
    if (!batch_.Receive(port)) continue;
    ServeBatch(TurnNow());
    busy = true;
  }
  return busy;
}

// The path of a packet, in order (stages.h).
void Worker::ServeBatch(const Turn& turn) {
  Parse(batch_);
  AnswerLocally(batch_, turn, ports_, events_, counters_);
  ClassifyService(batch_, turn, ports_);
  FollowConnection(batch_, turn, options_.hash_key, *tables_.connections, counters_);
  FollowOtherWorkers(batch_, turn, options_.id, tables_.all_connections);
  FollowAffinity(batch_, turn, *tables_.affinities, counters_);
  Balance(batch_, turn, options_.ring_seed);
  RememberConnection(batch_, turn, *tables_.connections, counters_);
  Rewrite(batch_, turn, lines_);
  AnswerRefused(batch_, turn, replies_);
  Transmit(batch_, ports_);
  Account(batch_, counters_);
  batch_.Finish(counters_);
}

void Worker::SendOutgoing() {
  std::array<OutgoingFrame, 16> frames;
  const std::size_t count = outgoing_.Pop(frames);
  for (OutgoingFrame& frame : std::span(frames.data(), count)) {
    const WorkerPort& port = ports_[frame.port];
    if (rte_eth_tx_burst(port.device, port.queue, &frame.mbuf, 1) == 1) {
      counters_.replies[Reply::kInjected].Add(1);
      counters_.tx_packets.Add(1);
    } else {
      rte_pktmbuf_free(frame.mbuf);
    }
  }
}

void Worker::SweepConnections() { sweeper_.Sweep(TurnNow()); }

Turn Worker::TurnNow() const {
  const std::uint64_t cycles = options_.cycles();
  return {.snapshot = &tables_.snapshots->Current(),
          .now = CoarseTick::FromSeconds(cycles / options_.cycles_per_second),
          .cycles = cycles};
}

}  // namespace holdfast
