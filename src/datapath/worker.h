// Worker: one core, its receive queues and its tables, from Online to Offline.
//
// While there is work it takes no lock, allocates nothing and makes no system call
// of its own, but for one after a turn that took too long (turn_times.h).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

#include "balancing/ring_hash.h"
#include "config/balancer_config.h"
#include "datapath/batch.h"
#include "datapath/connection_sweeper.h"
#include "datapath/departures.h"
#include "datapath/flow_spread.h"
#include "datapath/handover.h"
#include "datapath/idle_sleeper.h"
#include "datapath/kernel_gate.h"
#include "datapath/load_meter.h"
#include "datapath/nat.h"
#include "datapath/outgoing_frame.h"
#include "datapath/packet_tap.h"
#include "datapath/send_for_others.h"
#include "datapath/stages.h"
#include "datapath/tagged_devices.h"
#include "datapath/turn_times.h"
#include "tables/rcu.h"

namespace holdfast {

// What a worker works with; all of it outlives the worker.
struct WorkerTables {
  ConnectionTable* connections = nullptr;  // its own
  // Of all workers, by WorkerId: for P5.
  std::span<const ConnectionTable* const> all_connections;
  const AffinityTable* affinities = nullptr;  // its replica
  ClientTable* clients = nullptr;             // all workers'
  FragmentTable* fragments = nullptr;         // all workers'
  NatTable* nat = nullptr;                    // its own, if there are nat_ports
  const NeighbourTable* neighbours = nullptr;
  const PathMtuTable* path_mtus = nullptr;
  const SnapshotPublisher* snapshots = nullptr;
  const CapturePublisher* captures = nullptr;
  RcuDomain* rcu = nullptr;
  WorkerCounters* counters = nullptr;
  const ProbeTable* probes = nullptr;  // none: no health checks
};

// How a worker and the management core talk to each other.
struct WorkerRings {
  NeighbourEventRing events;
  PathMtuEventRing path_mtu_events;
  OutgoingRing outgoing;
  HandoverRings handover = {};  // to and from the other workers
  // What others have to send by queues of this one; by WorkerId, nullptr where there is nothing.
  std::vector<OutgoingRing*> for_others = {};
};

// A counter that a constant number of times a second goes up by one, as the TSC.
using CycleCounter = std::uint64_t (*)();
std::uint64_t ReadTsc();

struct WorkerOptions {
  WorkerId id{};
  config::Poll poll = config::Poll::kBusy;
  absl::Duration max_sleep = absl::Microseconds(500);
  HashKey hash_key;             // the same for all workers
  std::uint64_t ring_seed = 0;  // of the configuration
  std::uint64_t cycles_per_second = 0;
  CycleCounter cycles = ReadTsc;
  KernelLane* kernel = nullptr;  // none: no port has a kernel interface
  NatPorts nat_ports = {};       // the same for all workers
  config::Spread spread = config::Spread::kFlow;
};

class Worker {
 public:
  // `rings` outlives it.
  Worker(const WorkerOptions& options, WorkerPorts ports, const WorkerTables& tables,
         WorkerRings& rings);

  // Runs on the worker's own thread until `stop`; finishes the batch that it has.
  void Run(const std::atomic<bool>& stop);
  // One turn of Run(): true when something came. REQUIRES: online in the RcuDomain.
  bool RunTurn();

 private:
  // In a turn that began at this TSC reading. True: something came.
  bool ServePorts(std::uint64_t began);
  // What `port` has received, into an empty batch; false when that is nothing.
  bool Receive(const WorkerPort& port, Batch& batch);
  void ServeFragments();
  bool ServeHandedOver();
  // A batch that was not received from a port just now.
  void Serve(Batch& batch, PortIndex port, std::size_t count);
  void Begin(Batch& batch);
  // In between: once for each batch; again does nothing.
  void Find(Batch& batch);
  void Finish(Batch& batch);
  void Tap(Batch& batch, Capture& capture);
  void PlaceUnknown(Batch& batch);
  void SendOutgoing();
  void SweepConnections();
  [[nodiscard]] Turn TurnNow() const;

  const WorkerOptions options_;
  const WorkerPorts ports_;
  const WorkerTables tables_;
  WorkerRings& rings_;
  WorkerCounters& counters_;
  IdleSleeper idle_;
  LoadMeter load_;
  TurnTimes turn_times_;
  const RingHasher ring_hasher_;
  ReplyLimiter replies_;
  Fragments fragments_;
  KernelGate kernel_;
  Handover handover_;
  Nat nat_;
  TaggedDevices tagged_;
  FlowSpread flow_spread_;
  SendForOthers for_others_;
  TargetLines lines_;
  ClientWriter clients_;
  ConnectionSweeper sweeper_;
  MethodChooser chooser_;
  std::vector<Departures> departures_;  // by PortIndex
  std::array<Batch, 2> batches_;        // that take turns
  std::array<PacketTap, 2> taps_;       // of the batches
};

}  // namespace holdfast
