// From the wire: requests as the domain asks them, or what is wrong with them.
//
// Row A16. An error is INVALID_ARGUMENT and names the first mistake as
// "field: value: rule":
//   selector.service_ports[2]: 0: a port is 1 to 65535
//
// Thread-safe: no state.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "affinity/request.h"
#include "base/ip_address.h"
#include "config/load.h"
#include "control/service_balancing.h"
#include "holdfast/v1/admin.pb.h"
#include "holdfast/v1/affinity.pb.h"
#include "tables/snapshot.h"

namespace holdfast {

struct StartRequest {
  AffinitySelector selector;
  std::string target;
  AffinityTerms terms;
};
struct EndRequest {
  AffinitySelector selector;
  std::string target;
  EndScope scope;
};
// Which affinities to list; what is empty does not narrow the list.
struct ListRequest {
  std::string service;
  std::string target;
  std::optional<IpPrefix> client;  // what lies inside it, and what it lies in
};
struct TargetStateRequest {
  std::string target;
  TargetState state = TargetState::kUp;
};
struct TargetHealthRequest {
  std::string service;
  std::string target;
  Health health = Health::kUp;
};
struct LoadReport {
  std::string target;
  std::uint32_t capacity = 0;
  absl::Duration valid_for;  // zero: as long as may be
};

// What is not a configuration is an answer, not a malformed request.
struct ConfigRequest {
  config::LoadResult config;
  std::string file;  // fit for a log
  bool dry_run = false;
};

absl::StatusOr<StartRequest> FromWire(const v1::StartAffinityRequest& wire);
absl::StatusOr<EndRequest> FromWire(const v1::EndAffinityRequest& wire);
absl::StatusOr<ListRequest> FromWire(const v1::ListAffinitiesRequest& wire);
absl::StatusOr<TargetStateRequest> FromWire(const v1::SetTargetStateRequest& wire);
absl::StatusOr<TargetHealthRequest> FromWire(const v1::SetTargetHealthRequest& wire);
absl::StatusOr<LoadReport> FromWire(const v1::ReportLoadRequest& wire);
absl::StatusOr<ConfigRequest> FromWire(const v1::ApplyConfigRequest& wire);

}  // namespace holdfast
