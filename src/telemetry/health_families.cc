#include "telemetry/health_families.h"

#include <string>

namespace holdfast {
namespace {

Labels LabelsOf(const HealthChecks::Name& name) {
  return {{"service", name.first}, {"target", name.second}};
}

}  // namespace

std::vector<Family> HealthFamilies(const HealthChecks& checks) {
  Family up{"holdfast_health_up",
            "1 while the service's health checks find the target up; 0: down.",
            MetricKind::kGauge,
            {}};
  Family results{"holdfast_health_checks_total",
                 "Health checks, by what came of them: ok; refused or timeout: no connection, or "
                 "no answer by it; status: an answer, but not the right one; error.",
                 MetricKind::kCounter,
                 {}};
  for (const auto& [name, pair] : checks.pairs()) {
    up.samples.push_back({LabelsOf(name), pair.up ? 1.0 : 0.0});
    for (std::size_t i = 0; i < kProbeOutcomeNames.size(); ++i) {
      Labels labels = LabelsOf(name);
      labels.emplace_back("result", kProbeOutcomeNames[i]);
      results.samples.push_back({std::move(labels), static_cast<double>(pair.results[i])});
    }
  }
  return {std::move(up), std::move(results)};
}

}  // namespace holdfast
