// Draft: services and targets of a configuration, to be changed one by one and then
// judged as a whole.
//
// A change that names what is not there, or is there already, is refused and leaves the
// draft as it was: NOT_FOUND lists the names that there are, ALREADY_EXISTS names the
// one that is taken. All other rules are Check()'s.
#pragma once

#include <google/protobuf/field_mask.pb.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "config/balancer_config.h"
#include "holdfast/v1/config.pb.h"

namespace holdfast::config {

class Draft {
 public:
  // Begins with what `now` says; `now` outlives it.
  explicit Draft(const BalancerConfig& now);

  absl::Status AddTarget(const v1::TargetConfig& target);
  // Takes the fields that `mask` names from `target`, all when it is empty. `mask` with
  // a path that is no field: INVALID_ARGUMENT.
  absl::Status UpdateTarget(const v1::TargetConfig& target,
                            const google::protobuf::FieldMask& mask);
  // Out of all services, too.
  absl::Status RemoveTarget(const std::string& name);
  absl::Status AddService(const v1::ServiceConfig& service);
  absl::Status UpdateService(const v1::ServiceConfig& service,
                             const google::protobuf::FieldMask& mask);
  absl::Status RemoveService(const std::string& name);
  // Into the service's set; of one that is in it what is given changes.
  absl::Status SetServiceTarget(const std::string& service, const v1::ServiceTargetConfig& target);

  // The configuration as it would be. INVALID_ARGUMENT has every mistake, as
  //   service 'web'.vip: '10.0.0.300': not an IPv4 or IPv6 address
  [[nodiscard]] absl::StatusOr<BalancerConfig> Check() const;

 private:
  // "targets[3] ..." in a mistake means nothing to who sees no file.
  [[nodiscard]] std::string WithNames(std::string text) const;

  const BalancerConfig& now_;
  v1::BalancerConfig message_;  // its targets and services; nothing else
};

}  // namespace holdfast::config
