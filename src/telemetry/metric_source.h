// MetricSource: everything that can be counted in a balancer, gathered from where
// it is. Prometheus and GetCounters show the same families.
//
// Most of it can be read on any thread. What only the management loop knows is
// asked of the loop: the names of services and targets, states, affinities.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "control/affinity_manager.h"
#include "control/health_checks.h"
#include "control/management_loop.h"
#include "control/target_directory.h"
#include "stats/control_counters.h"
#include "stats/samples.h"
#include "stats/worker_counters.h"
#include "tables/client_table.h"
#include "tables/connection_table.h"

namespace holdfast {

class MetricSource {
 public:
  struct Sources {
    ManagementLoop* loop = nullptr;
    const TargetDirectory* directory = nullptr;
    const AffinityManager* affinities = nullptr;
    std::uint64_t affinities_capacity = 0;  // cells
    const ControlCounters* control_counters = nullptr;
    std::vector<const WorkerCounters*> workers;             // by WorkerId
    std::vector<const ConnectionTable*> connection_tables;  // by WorkerId
    const ClientTable* clients = nullptr;                   // may be null
    std::function<std::vector<Family>()> extra;  // of the ports; any thread; may be empty
    const HealthChecks* health = nullptr;        // may be null
    std::string version;
    std::string dpdk_version;
  };

  // How long Gather() waits for the loop.
  static constexpr absl::Duration kPatience = absl::Seconds(1);

  // On the management loop, or before it runs. REQUIRES: no other pointer is null; all
  // of them outlive this and all that runs on the loop.
  explicit MetricSource(Sources sources);

  // On the management loop.
  [[nodiscard]] std::vector<Family> GatherOnLoop() const;
  // Any other thread. When the loop is stopped, or does not answer in time, the
  // families that only it can give are missing, and services and targets have the
  // names that they had when it last answered.
  [[nodiscard]] std::vector<Family> Gather() const;

 private:
  class Gathering;
  // Shared with work that is on the loop's queue: it may run later than any wait.
  std::shared_ptr<Gathering> gathering_;
};

}  // namespace holdfast
