#include "datapath/worker.h"

#include <rte_cycles.h>
#include <rte_ethdev.h>

#include <utility>

#include "datapath/send_frame.h"

namespace holdfast {
namespace {

// Batches are received for so long before anything else gets its turn: 8 us. The last
// ones are finished in about as much.
constexpr std::uint64_t kServesPerSecond = 125'000;
// Batches of what others hand over, in one turn: they may hand over without end.
constexpr std::size_t kMostHandedOver = 8;

}  // namespace

Worker::Worker(const WorkerOptions& options, WorkerPorts ports, const WorkerTables& tables,
               WorkerRings& rings)
    : options_(options),
      ports_(std::move(ports)),
      tables_(tables),
      rings_(rings),
      counters_(*tables.counters),
      idle_(options.poll, options.max_sleep),
      load_(options.cycles_per_second, counters_),
      turn_times_(options.cycles_per_second, counters_),
      ring_hasher_(options.ring_seed),
      replies_(options.cycles_per_second),
      fragments_(*tables.fragments, options.hash_key, options.cycles_per_second),
      kernel_(options.kernel, tables.probes, ports_, options.cycles_per_second),
      handover_(rings.handover),
      nat_({.ports = options.nat_ports,
            .table = tables.nat,
            .connections = *tables.connections,
            .worker_ports = ports_,
            .self = options.id,
            .cycles_per_second = options.cycles_per_second,
            .hash_key = options.hash_key},
           handover_),
      tagged_(ports_),
      flow_spread_(options.spread, options.hash_key, options.id),
      for_others_(rings.for_others),
      lines_({*tables.neighbours, *tables.path_mtus}, ports_, counters_.targets),
      clients_(*tables.clients, options.id),
      sweeper_(options.cycles_per_second, *tables.connections, tables.all_connections, clients_,
               counters_),
      chooser_(options.id, tables.all_connections, options.ring_seed),
      departures_(ports_.all().size()),
      taps_{PacketTap(options.id, 0), PacketTap(options.id, Batch::kCapacity)} {
  tables.connections->CountForClients(clients_, tables.all_connections);
}

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
  bool busy = ServePorts(began);
  if (handover_.possible()) busy |= ServeHandedOver();
  busy |= for_others_.Send(ports_);
  if (fragments_.anyone_waits()) [[unlikely]]
    ServeFragments();
  SendOutgoing();
  kernel_.Exchange(ports_, tables_.snapshots->Current(), lines_, counters_);
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
      if (waiting != nullptr) Find(*waiting);
      if (!Receive(port, next)) continue;
      ++batches;
      Begin(next);
      if (waiting != nullptr) Finish(*waiting);
      waiting = &next;
      const bool had_all = port.is_shared ? !tagged_.MayHaveMore(port) : !next.full();
      more |= !had_all && next.turn().cycles < until;
    }
  }
  if (waiting != nullptr) Finish(*waiting);
  return waiting != nullptr;
}

namespace {

std::size_t ReceiveInto(const WorkerPort& port, std::span<rte_mbuf*> mbufs) {
  return rte_eth_rx_burst(port.device, port.queue, mbufs.data(),
                          static_cast<std::uint16_t>(mbufs.size()));
}

}  // namespace

bool Worker::Receive(const WorkerPort& port, Batch& batch) {
  if (!port.is_shared && port.shared_by == 1 && port.has_queue()) [[likely]]
    return batch.Receive(port);
  if (!port.has_queue()) return false;  // others hand over what comes
  std::size_t count = port.is_shared ? tagged_.Take(port, batch.to_fill(), counters_)
                                     : ReceiveInto(port, batch.to_fill());
  if (port.shared_by > 1)
    count = flow_spread_.Share(port, batch.to_fill().first(count), handover_, counters_);
  if (count != 0) batch.Take(port, count);
  return count != 0;
}

// Those whose first one has come take the path of all packets; from its beginning.
void Worker::ServeFragments() {
  Batch& batch = batches_.front();
  const Turn turn = TurnNow();
  for (;;) {
    const Fragments::Ready ready = fragments_.TakeReady(batch.to_fill(), turn.now);
    if (ready.count == 0) break;
    Serve(batch, ready.port, ready.count);
  }
  Capture* const capture = tables_.captures->Current();
  const auto show = [&](const rte_mbuf* mbuf, PortIndex port) {
    if (capture != nullptr) CaptureGivenUp(*capture, options_.id, mbuf, port, turn.cycles);
  };
  const std::size_t given_up = fragments_.GiveUp(turn.cycles, show);
  counters_.rx_packets.Add(given_up);
  counters_.drops[DropReason::kFragment].Add(given_up);
}

bool Worker::ServeHandedOver() {
  Batch& batch = batches_.front();
  std::size_t batches = 0;
  for (; batches != kMostHandedOver; ++batches) {
    const Handover::Taken taken = handover_.Take(batch.to_fill());
    if (taken.count == 0) break;
    Serve(batch, taken.port, taken.count);
  }
  return batches != 0;
}

void Worker::Serve(Batch& batch, PortIndex port, std::size_t count) {
  batch.Take(ports_[port], count);
  Begin(batch);
  Finish(batch);
}

// The path of a packet, in order (stages.h).
void Worker::Begin(Batch& batch) {
  batch.Judge(TurnNow());
  if (Capture* const capture = tables_.captures->Current(); capture != nullptr) [[unlikely]]
    Tap(batch, *capture);
  Parse(batch, ports_, fragments_, nat_);
  PrefetchConnections(batch, options_.hash_key, *tables_.connections);
  nat_.AskForIndex(batch);
  AnswerLocally(batch, ports_, rings_.events, rings_.path_mtu_events, counters_);
  AnswerStrays(batch, replies_);
  if (!batch.for_kernel().empty()) kernel_.HandOver(batch);
}

void Worker::Find(Batch& batch) {
  if (batch.looked_up()) return;
  FindConnections(batch, *tables_.connections);
  nat_.AskForSessions(batch);
}

void Worker::Finish(Batch& batch) {
  Find(batch);
  FollowConnection(batch, lines_, *tables_.connections, ring_hasher_, counters_);
  if (!batch.unknown().empty()) PlaceUnknown(batch);
  RememberFragments(batch, fragments_);
  Forward(batch, lines_, departures_, replies_, nat_);
  nat_.SendReturns(batch, counters_);
  Transmit(batch, ports_, departures_, counters_);
  if (batch.tap() != nullptr) [[unlikely]]
    batch.tap()->End(batch);
  batch.Finish(counters_);
}

void Worker::Tap(Batch& batch, Capture& capture) {
  taps_[static_cast<std::size_t>(&batch - batches_.data())].Begin(batch, capture);
}

void Worker::PlaceUnknown(Batch& batch) {
  DropMartians(batch);
  FollowFragments(batch, lines_, fragments_);
  FollowOtherWorkers(batch, lines_, options_.id, tables_.all_connections, handover_);
  FollowAffinity(batch, lines_, *tables_.affinities, counters_);
  FollowAutomatic(batch, lines_, clients_, counters_);
  ChooseByMethod(batch, lines_, chooser_);
  Balance(batch, lines_);
  RememberConnection(batch, lines_, *tables_.connections, clients_, counters_);
  batch.NoteDecided();
  AnswerRefused(batch, replies_);
  CountRequests(batch, counters_);
}

void Worker::SendOutgoing() {
  std::array<OutgoingFrame, 16> frames;
  const std::size_t count = rings_.outgoing.Pop(frames);
  for (const OutgoingFrame& frame : std::span(frames.data(), count)) {
    if (!SendFrame(ports_[frame.port], frame.mbuf)) continue;
    counters_.replies[Reply::kInjected].Add(1);
    counters_.tx_packets.Add(1);
  }
}

void Worker::SweepConnections() {
  const Turn turn = TurnNow();
  sweeper_.Sweep(turn);
  nat_.Sweep(turn, counters_);
}

Turn Worker::TurnNow() const {
  const std::uint64_t cycles = options_.cycles();
  return {.snapshot = &tables_.snapshots->Current(),
          .now = CoarseTick::FromCycles(cycles, options_.cycles_per_second),
          .cycles = cycles};
}

}  // namespace holdfast
