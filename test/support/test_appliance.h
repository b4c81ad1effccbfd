// TestAppliance: real workers with real tables on ports that the test is the wire
// of. Targets web-1 to web-3 are in slots 0 to 2, resolved; services: "web", TCP 80
// and 443, in slot 0, and "dns", UDP 53, in slot 1, both at 192.0.2.1. Its own
// address is 10.0.0.1/24.
//
// Time stands still, but for Advance().
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "datapath/worker.h"
#include "support/frame.h"
#include "support/ring_port.h"

namespace holdfast {

inline constexpr ServiceSlot kWeb{0};
inline constexpr ServiceSlot kDns{1};
inline constexpr std::uint64_t kTestRingSeed = 2026;

inline MacAddress TargetMac(std::size_t slot) {
  return MacAddress{{0x02, 0, 0, 0, 1, static_cast<std::uint8_t>(slot)}};
}
inline TargetHandle Target(std::size_t slot) { return {slot, 0}; }

class TestAppliance {
 public:
  struct Options {
    std::size_t workers = 1;
    std::size_t connections = 4096;  // in each worker's table
    config::Poll poll = config::Poll::kAdaptive;
    std::uint32_t kernel_rate = 0;  // 0: the port has no kernel interface
    // Something may be forwarded by nat; its port has the own address fd00::1/64, too, then.
    std::optional<PortRange> nat_ports = std::nullopt;
    std::size_t nat_sessions = 256;  // of each worker
    std::size_t clients = 4096;      // with automatic affinity
    // VLANs of the device; each is a port, with own addresses 10.0.0.1/24, 10.0.1.1/24 ... None:
    // one port without a tag.
    std::vector<std::uint16_t> vlans = {};
    std::size_t queues = 0;  // pairs, of the device; 0: as many as workers
    config::Spread spread = config::Spread::kFlow;
  };
  explicit TestAppliance(const Options& options);
  TestAppliance() : TestAppliance(Options{}) {}
  ~TestAppliance();

  // What Publish() makes a snapshot of. `weights` are those of all services' rings.
  Snapshot::Parts parts;
  std::vector<std::uint32_t> weights = {100, 100, 100};
  void Publish();

  void Advance(std::uint64_t seconds);
  [[nodiscard]] static CoarseTick Now();
  [[nodiscard]] static std::uint64_t Cycles();  // 1000 million a second
  [[nodiscard]] static HashKey hash_key();      // of the connection tables
  void StartAffinity(const AffinityCell& key, TargetHandle owner);
  void EndAffinity(const AffinityCell& key);

  // Gives the frames to the worker and has it run a turn. What it sent, in order.
  std::vector<Frame> Turn(const std::vector<Frame>& frames, std::size_t worker = 0);
  // The same with one frame: where it went, "web-2", "" if nowhere, "client" if back.
  std::string Where(const Frame& frame, std::size_t worker = 0);
  // Which target a frame goes to.
  [[nodiscard]] std::string DestinationOf(const Frame& frame) const;
  // Where the ring sends a flow: the target's slot, its name.
  [[nodiscard]] std::size_t RingSlot(const FlowKey& flow) const;
  [[nodiscard]] std::string OnRing(const FlowKey& flow) const;
  // rx = forwarded + local + dropped, and every entry that was inserted is in the
  // table or was counted when it left: nothing is unaccounted for.
  [[nodiscard]] bool AllAccounted(std::size_t worker = 0) const;

  [[nodiscard]] WorkerCounters& counters(std::size_t worker = 0) {
    return *crews_[worker].counters;
  }
  [[nodiscard]] ConnectionTable& connections(std::size_t worker = 0) {
    return *crews_[worker].connections;
  }
  [[nodiscard]] std::vector<AffinityTable*> replicas();
  [[nodiscard]] const std::vector<const ConnectionTable*>& all_connections() const {
    return all_connections_;
  }
  [[nodiscard]] Worker& worker(std::size_t index) { return *crews_[index].worker; }
  [[nodiscard]] NeighbourEventRing& events(std::size_t worker = 0) {
    return crews_[worker].rings->events;
  }
  [[nodiscard]] PathMtuEventRing& path_mtu_events(std::size_t worker = 0) {
    return crews_[worker].rings->path_mtu_events;
  }
  [[nodiscard]] OutgoingRing& outgoing(std::size_t worker = 0) {
    return crews_[worker].rings->outgoing;
  }
  [[nodiscard]] NatTable& nat(std::size_t worker = 0) { return *crews_[worker].nat; }
  // Its other end is the test; nullptr without a kernel interface.
  [[nodiscard]] KernelLane* kernel(std::size_t worker = 0) { return crews_[worker].kernel.get(); }

  NeighbourTable neighbours;
  PathMtuTable path_mtus;
  FragmentTable fragments;
  ClientTable clients;
  ProbeTable probes;
  RcuDomain rcu;
  std::unique_ptr<SnapshotPublisher> snapshots;
  CapturePublisher captures{rcu};
  RingPort port;

 private:
  struct Crew {
    std::unique_ptr<WorkerCounters> counters;
    std::unique_ptr<ConnectionTable> connections;
    std::unique_ptr<AffinityTable> affinities;
    std::unique_ptr<AffinityTable::Writer> writer;
    std::unique_ptr<NatTable> nat;
    std::unique_ptr<WorkerRings> rings;
    std::unique_ptr<OutgoingRing> send_by;  // to who has its queue; nullptr: itself
    std::unique_ptr<KernelLane> kernel;
    std::unique_ptr<Worker> worker;
  };

  Crew MakeCrew(const Options& options);
  void MakeHandoverRings();
  void MakeSendRings();
  static std::unique_ptr<KernelLane> MakeKernelLane();
  void MakeWorker(std::size_t index, const Options& options);
  [[nodiscard]] std::vector<WorkerPort> PortsOf(const Options& options, std::size_t worker) const;
  [[nodiscard]] bool PacketsAccounted(std::size_t worker) const;
  [[nodiscard]] bool EntriesAccounted(std::size_t worker) const;
  [[nodiscard]] std::unique_ptr<const Snapshot> MakeSnapshot();

  std::size_t queues_;
  std::vector<OutgoingRing> handover_rings_;
  std::vector<Crew> crews_;
  std::vector<const ConnectionTable*> all_connections_;
};

}  // namespace holdfast
