// To the wire: answers, listings and statuses of the domain as messages.
//
// Thread-safe: no state.
#pragma once

#include <grpcpp/support/status.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "affinity/request.h"
#include "base/mac_address.h"
#include "config/mistake.h"
#include "control/health_checks.h"
#include "control/live_configuration.h"
#include "control/target_directory.h"
#include "holdfast/v1/admin.pb.h"
#include "holdfast/v1/affinity.pb.h"
#include "stats/samples.h"

namespace holdfast {

google::protobuf::Duration ToWire(absl::Duration duration);

// The codes of both are the same numbers.
grpc::Status ToWire(const absl::Status& status);

// Repeats the request and adds what became of it.
void ToWire(const v1::StartAffinityRequest& request, const AffinityAnswer& answer,
            v1::StartAffinityResponse& response);
void ToWire(const v1::EndAffinityRequest& request, const AffinityAnswer& answer,
            v1::EndAffinityResponse& response);

// In whole milliseconds: the age rounded down, the time left rounded up, so that
// only what has run out has none.
v1::Affinity ToWire(const AffinityListing& listing);

// Of an Apply(), or, with `dry_run`, of a Judge().
void ToWire(const LiveConfiguration::Answer& answer, bool dry_run, v1::ConfigChange& response);
void ToWire(const std::vector<config::Mistake>& mistakes, v1::ConfigChange& response);

v1::TargetState ToWire(TargetState state);
v1::HealthStatus ToWire(const std::string& service, const HealthChecks::Pair& pair);
v1::ServiceTarget ToWire(const TargetDirectory::ServiceTargetInfo& target);
v1::Service ToWire(const TargetDirectory::ServiceInfo& service, std::uint64_t affinities);
v1::Target ToWire(const TargetDirectory::TargetInfo& target, const std::optional<MacAddress>& mac,
                  std::uint64_t affinities);
v1::CounterSample ToWire(const NamedValue& value);

}  // namespace holdfast
