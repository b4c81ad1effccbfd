// ControlParts: what the services of the control plane speak for.
#pragma once

#include <functional>
#include <vector>

#include "control/affinity_manager.h"
#include "control/capture_desk.h"
#include "control/explainer.h"
#include "control/health_checks.h"
#include "control/live_configuration.h"
#include "control/load_reports.h"
#include "control/management_loop.h"
#include "control/target_directory.h"
#include "stats/samples.h"
#include "tables/connection_table.h"
#include "tables/neighbour_table.h"
#include "tables/neighbourhood.h"

namespace holdfast {

// All outlive the server. Everything but `loop`, `neighbours` and `connection_tables`
// is used on the loop's thread only.
struct ControlParts {
  ManagementLoop* loop = nullptr;
  TargetDirectory* directory = nullptr;
  AffinityManager* affinities = nullptr;
  LiveConfiguration* configuration = nullptr;
  const NeighbourTable* neighbours = nullptr;
  // Every batch that a worker receives after this returned follows the directory.
  std::function<void()> publish;
  // What Prometheus would get now.
  std::function<std::vector<Family>()> counters;
  // Of all workers; any thread may walk over them.
  std::vector<const ConnectionTable*> connection_tables = {};
  const Explainer* explainer = nullptr;
  LoadReports* load_reports = nullptr;
  Neighbourhood* neighbourhood = nullptr;
  CaptureDesk* captures = nullptr;
  const HealthChecks* health = nullptr;  // none: nothing is checked
};

}  // namespace holdfast
