// Appliance: all of holdfastd, put together: datapath, tables, rules, servers.
// Wiring only; it decides nothing.
//
// Thread: the one that creates and runs it is the management core.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "config/balancer_config.h"
#include "control/affinity_manager.h"
#include "control/capture_desk.h"
#include "control/drain_watch.h"
#include "control/explainer.h"
#include "control/health_change.h"
#include "control/health_checks.h"
#include "control/live_configuration.h"
#include "control/load_reports.h"
#include "control/management_loop.h"
#include "control/target_directory.h"
#include "control/vip_routes.h"
#include "datapath/datapath.h"
#include "datapath/neighbour_resolver.h"
#include "health/probe_runner.h"
#include "kernel/host_routes.h"
#include "rpc/control_server.h"
#include "telemetry/metric_source.h"
#include "telemetry/metrics_server.h"

namespace holdfast {

class Appliance {
 public:
  // Takes what it needs of the machine: DPDK, ports, memory, addresses. On error
  // all of it is given back, and the status says what is missing.
  static absl::StatusOr<std::unique_ptr<Appliance>> Create(const config::BalancerConfig& config);
  ~Appliance();
  Appliance(const Appliance&) = delete;
  Appliance& operator=(const Appliance&) = delete;

  // Balances until Stop(), or until a port has gone (UNAVAILABLE).
  absl::Status Run();
  // Any thread.
  void Stop() { loop_.Stop(); }
  // Any thread. Reads the file and has it take the place of the configuration that
  // holds. The log says what changed, or why nothing did.
  void Reload(const std::string& path);

 private:
  explicit Appliance(const config::BalancerConfig& config);

  absl::Status MakeTables();
  absl::Status MakeClients(MemoryKind memory);
  absl::Status MakeNat(WorkerId worker, MemoryKind memory);
  absl::Status OpenRoutes();
  void MakeControl();
  absl::Status StartServers();
  [[nodiscard]] std::vector<WorkerTables> TablesOfWorkers();
  [[nodiscard]] MetricSource::Sources MetricSources();
  [[nodiscard]] std::vector<Family> ExtraFamilies() const;  // any thread
  [[nodiscard]] Explainer::Sources ExplainerSources() const;
  [[nodiscard]] CaptureDesk::Sources CaptureSources();

  [[nodiscard]] LiveConfiguration::Parts PartsOfConfiguration();
  // Returns when all new targets have answered, or have had their time.
  void MeetTargets(const config::BalancerConfig& next);
  void HearNeighbours();
  void HearRouters();
  void Publish();      // the directory as it stands, to the workers
  void WatchStates();  // drains and load reports
  absl::Status StartHealthChecks();
  void FollowHealth(const HealthFinding& finding);
  void AnnounceVips();    // by routes, from now on
  void Upkeep();          // several times a second
  void WatchPorts();      // once a second
  void ReleaseTargets();  // whose handles are in no table any more (P7)

  const config::BalancerConfig config_;  // that it began with
  const SteadyClock clock_;
  const HashKey hash_key_ = HashKey::Random();
  ManagementLoop loop_{clock_};
  ControlCounters control_counters_;
  TargetDirectory directory_;
  NeighbourTable neighbours_;
  NeighbourCounters neighbour_counters_;
  std::unique_ptr<ClientTable> clients_;
  FragmentTable fragments_;
  PathMtuTable path_mtu_table_;
  PathMtus path_mtus_{clock_, path_mtu_table_};
  ProbeTable probes_;
  RcuDomain rcu_;
  SnapshotPublisher snapshots_;
  CapturePublisher captures_{rcu_};

  // One of each for each worker, by WorkerId.
  std::vector<std::unique_ptr<WorkerCounters>> worker_counters_;
  std::vector<std::unique_ptr<ConnectionTable>> connections_;
  std::vector<const ConnectionTable*> all_connections_;
  std::vector<std::unique_ptr<NatTable>> nat_tables_;  // by worker; none without `nat`
  std::vector<std::unique_ptr<AffinityTable>> affinity_replicas_;

  std::unique_ptr<AffinityManager> affinities_;
  std::unique_ptr<LiveConfiguration> configuration_;
  DrainWatch drains_{clock_, directory_};
  LoadReports load_reports_{clock_, directory_};
  std::unique_ptr<HealthChecks> health_;
  std::unique_ptr<HostRoutes> host_routes_;  // none unless configured
  std::unique_ptr<VipRoutes> routes_;        // none until traffic flows
  std::unique_ptr<Datapath> datapath_;
  std::unique_ptr<NeighbourResolver> resolver_;
  std::unique_ptr<ProbeRunner> prober_;  // makes health_'s checks, once traffic flows
  std::unique_ptr<Explainer> explainer_;
  std::unique_ptr<CaptureDesk> capture_desk_;
  std::unique_ptr<MetricSource> metrics_;
  std::unique_ptr<MetricsServer> metrics_server_;
  std::unique_ptr<ControlServer> control_server_;
  absl::Status lost_port_;
};

}  // namespace holdfast
