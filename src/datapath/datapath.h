// Datapath: DPDK, the ports and the workers; what the rest of holdfastd sees of
// this room.
//
// Thread: the management core, which made it. Only Families() is any thread's.
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "config/balancer_config.h"
#include "datapath/eal.h"
#include "datapath/kernel_share.h"
#include "datapath/neighbour_event.h"
#include "datapath/neighbour_frames.h"
#include "datapath/packet_pool.h"
#include "datapath/port.h"
#include "datapath/port_watch.h"
#include "datapath/worker.h"

namespace holdfast {

class Datapath {
 public:
  // Checks the machine, starts DPDK and opens the ports: everything that may fail.
  // The calling thread is on the management core afterwards.
  static absl::StatusOr<std::unique_ptr<Datapath>> Open(const config::BalancerConfig& config);
  ~Datapath();  // stops first

  // One entry of `tables` for each worker, in their order.
  absl::Status Start(const HashKey& hash_key, std::span<const WorkerTables> tables);
  // Workers finish the batch that they have; then the ports stop.
  void Stop();

  // The time as workers take it for what they look up and remember. Any thread.
  static CoarseTick Now();
  // How fast ReadTsc() goes up.
  static std::uint64_t CyclesPerSecond();

  [[nodiscard]] std::vector<PortIdentity> Identities() const;
  // Copies the frame and has a worker send it. False when it is lost: no buffer, or
  // the worker is behind.
  bool Send(PortIndex port, std::span<const std::uint8_t> frame);
  // Gives what the workers heard of neighbours since the last call.
  void DrainNeighbourEvents(absl::FunctionRef<void(const NeighbourEvent&)> learn);
  // The same of what routers said of ways to targets.
  void DrainPathMtuEvents(absl::FunctionRef<void(const PathMtuEvent&)> learn);
  // UNAVAILABLE when a port has gone.
  [[nodiscard]] absl::Status CheckPorts() const { return watch_->Check(); }
  // Ports whose link has come up since the last call.
  std::vector<PortIndex> WatchLinks() { return watch_->WatchLinks(); }
  [[nodiscard]] std::vector<Family> Families() const;

 private:
  // A worker and how the management core talks to it.
  struct Crew {
    WorkerRings rings;
    std::vector<OutgoingRing*> send_by;  // by who sends for it; nullptr: nobody
    std::unique_ptr<Worker> worker;      // once started
    unsigned lcore = 0;
  };

  explicit Datapath(const config::BalancerConfig& config) : config_(config) {}

  absl::Status OpenPorts();
  absl::Status OpenPort(const config::Port& config, PortIndex index);
  absl::Status MakeRings();
  // From each worker to each other one, if they may have something to hand over.
  absl::Status MakeHandoverRings();
  // From each worker without a queue of a device to the one that sends for it there.
  absl::Status MakeSendRings();
  absl::StatusOr<OutgoingRing*> RingBetweenWorkers(absl::string_view what, std::size_t from,
                                                   std::size_t to);
  absl::Status Launch(Crew& crew, const HashKey& hash_key, const WorkerTables& tables,
                      std::size_t index);
  [[nodiscard]] WorkerPorts PortsOf(std::size_t worker) const;

  const config::BalancerConfig config_;
  // Declared in the order in which they must outlive each other.
  std::unique_ptr<Eal> eal_;
  PacketPool packets_;
  std::vector<std::unique_ptr<Port>> ports_;  // who opened a device before its VLANs
  std::unique_ptr<PortWatch> watch_;
  std::unique_ptr<KernelShare> kernel_;  // none when no port has a kernel interface
  std::vector<std::unique_ptr<OutgoingRing>> worker_rings_;  // between them
  std::vector<Crew> crews_;
  std::atomic<bool> stop_{false};
};

}  // namespace holdfast
