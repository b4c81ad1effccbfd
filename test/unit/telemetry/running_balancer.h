// What a MetricSource needs, without packets: a directory of three targets, two
// workers' counters and tables, and a management loop that a test may run.
#pragma once

#include <array>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "control/balancer_config.h"
#include "support/fake_clock.h"
#include "telemetry/metric_source.h"

namespace holdfast::testing {

struct RunningBalancer {
  ~RunningBalancer() { StopLoop(); }

  MetricSource::Sources Sources() {
    return {.loop = &loop,
            .directory = &directory,
            .affinities = &affinities,
            .affinities_capacity = 1000,
            .control_counters = &control_counters,
            .workers = {&workers[0], &workers[1]},
            .connection_tables = {&tables[0], &tables[1]},
            .extra = {},
            .version = "0.1.0",
            .dpdk_version = "DPDK 22.11"};
  }

  void RunLoop() {
    thread = std::thread([this] { loop.Run(); });
  }
  void StopLoop() {
    loop.Stop();
    if (thread.joinable()) thread.join();
  }
  // Makes an affinity of web-1 in service "web".
  void StartAffinity() {
    affinities.Start({Address("192.0.2.1"), Protocol::kTcp, {80, 443}, Address("198.51.100.7"), {}},
                     "web-1", absl::Minutes(1));
  }

  static ConnectionTable Table(std::uint16_t worker) {
    return ConnectionTable::Create(WorkerId{worker}, 64, {}, HashKey{}, MemoryKind::kNormal)
        .value();
  }

  FakeClock clock;
  ManagementLoop loop{clock};
  TargetDirectory directory{ThreeTargets()};
  ControlCounters control_counters;
  AffinityTable replica = AffinityTable::Create(64, HashKey{}, MemoryKind::kNormal).value();
  AffinityManager affinities{
      {1000, absl::Hours(4)}, clock, directory, {&replica}, control_counters};
  std::array<WorkerCounters, 2> workers;
  std::array<ConnectionTable, 2> tables{Table(0), Table(1)};
  std::thread thread;
};

}  // namespace holdfast::testing
