#include "datapath/worker.h"

#include <rte_cycles.h>
#include <rte_ethdev.h>

#include <utility>

namespace holdfast {
namespace {

// Batches are received for so long before anything else gets its turn: 8 us. The last
// ones are finished in about as much.
constexpr std::uint64_t kServesPerSecond = 125'000;

}  // namespace

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
      turn_times_(options.cycles_per_second, counters_),
      ring_hasher_(options.ring_seed),
      replies_(options.cycles_per_second),
      lines_(*tables.neighbours, ports_, counters_.targets),
      sweeper_(options.cycles_per_second, *tables.connections, tables.all_connections, counters_),
      departures_(ports_.all().size()) {}

std::uint64_t ReadTsc() { return rte_rdtsc(); }

void Worker::Run(const std::atomic<bool>& stop) {
  RcuDomain& rcu = *tables_.rcu;
  rcu.Online(options_.id);
  turn_times_.Restart();
  while (!stop.load(std::memory_order_relaxed)) {
    const bool busy = RunTurn();
    if (idle_.AfterTurn(busy, options_.id, rcu, counters_.sleeps)) turn_times_.Restart();
  }
  rcu.Offline(options_.id);
}

bool Worker::RunTurn() {
  const std::uint64_t began = options_.cycles();
  const bool busy = ServePorts(began);
  SendOutgoing();
  SweepConnections();
  const std::uint64_t ended = options_.cycles();
  load_.AfterTurn(began, ended, busy);
  turn_times_.AfterTurn(ended - began);
  tables_.rcu->Quiescent(options_.id);  // no pointer into a shared table is live here
  return busy;
}

// While one batch waits for memory, the next one is begun; when no more is there, or
// the turn gets long, the last one is finished. So nothing is held back.
bool Worker::ServePorts(std::uint64_t began) {
  const std::uint64_t until = began + options_.cycles_per_second / kServesPerSecond;
  Batch* waiting = nullptr;
  std::size_t batches = 0;
  for (bool more = true; more;) {
    more = false;
    for (const WorkerPort& port : ports_.all()) {
      Batch& next = batches_[batches % 2];
      if (waiting != nullptr) FindConnections(*waiting, *tables_.connections);
      if (!next.Receive(port)) continue;
      ++batches;
      Begin(next);
      if (waiting != nullptr) Finish(*waiting);
      waiting = &next;
      more |= next.full() && next.turn().cycles < until;
    }
  }
  if (waiting != nullptr) Finish(*waiting);
  return waiting != nullptr;
}

// The path of a packet, in order (stages.h).
void Worker::Begin(Batch& batch) {
  batch.Judge(TurnNow());
  Parse(batch, ports_);
  PrefetchConnections(batch, options_.hash_key, *tables_.connections);
  AnswerLocally(batch, ports_, events_, counters_);
}

void Worker::Finish(Batch& batch) {
  FindConnections(batch, *tables_.connections);
  FollowConnection(batch, lines_, *tables_.connections, ring_hasher_, counters_);
  if (!batch.unknown().empty()) PlaceUnknown(batch);
  Forward(batch, lines_, departures_);
  Transmit(batch, ports_, departures_, counters_);
  batch.Finish(counters_);
}

void Worker::PlaceUnknown(Batch& batch) {
  DropMartians(batch);
  FollowOtherWorkers(batch, lines_, options_.id, tables_.all_connections);
  FollowAffinity(batch, lines_, *tables_.affinities, counters_);
  Balance(batch, lines_);
  RememberConnection(batch, lines_, *tables_.connections, counters_);
  batch.NoteDecided();
  AnswerRefused(batch, replies_);
  CountRequests(batch, counters_);
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
          .now = CoarseTick::FromCycles(cycles, options_.cycles_per_second),
          .cycles = cycles};
}

}  // namespace holdfast
