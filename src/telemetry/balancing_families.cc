#include "telemetry/balancing_families.h"

#include "telemetry/service_target_family.h"

namespace holdfast {
namespace {

Family TargetsDown(const TargetDirectory& directory) {
  return ByServiceAndTarget(
      {"holdfast_service_target_down",
       "1 while health checks or an operator have the target down for the "
       "service: balancing passes it over. Not while the service panics and "
       "it is one of the last.",
       MetricKind::kGauge,
       {}},
      directory, [](const auto& /*service*/, const auto& target) { return target.down; });
}

Family BalancedShares(const TargetDirectory& directory) {
  return ByServiceAndTarget(
      {"holdfast_service_target_share",
       "Part of the service's new balanced connections that its method means "
       "the target to get, 0 to 1.",
       MetricKind::kGauge,
       {}},
      directory, [](const auto& /*service*/, const auto& target) { return target.ring_share; });
}

Family Panic(const TargetDirectory& directory) {
  Family family{"holdfast_service_panic",
                "1 while health would leave the service fewer targets than its panic_threshold: "
                "the last usable ones are kept, however they are.",
                MetricKind::kGauge,
                {}};
  for (const auto& service : directory.Services())
    family.samples.push_back({{{"service", service.name}}, service.in_panic ? 1.0 : 0.0});
  return family;
}

Family Panics(const TargetDirectory& directory) {
  Family family{"holdfast_service_panics_total",
                "How often that began (holdfast_service_panic). An alarm should watch it.",
                MetricKind::kCounter,
                {}};
  for (const auto& service : directory.Services())
    family.samples.push_back({{{"service", service.name}}, static_cast<double>(service.panics)});
  return family;
}

Family ReportedCapacities(const TargetDirectory& directory) {
  Family family{"holdfast_target_reported_capacity",
                "What the target reports of its capacity, 0 to 1; 1 without a report. Services "
                "whose method is reported_capacity follow it.",
                MetricKind::kGauge,
                {}};
  for (const auto& target : directory.Targets())
    family.samples.push_back(
        {{{"target", target.name}}, static_cast<double>(target.capacity) / kWholeCapacity});
  return family;
}

}  // namespace

std::vector<Family> BalancingFamilies(const TargetDirectory& directory) {
  return {TargetsDown(directory), BalancedShares(directory), Panic(directory), Panics(directory),
          ReportedCapacities(directory)};
}

}  // namespace holdfast
