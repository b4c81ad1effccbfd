// What somebody found out of a target's health comes into force: the directory notes it,
// affinities that have lost their place end, and workers follow. One way for health checks and
// for operators.
//
// Thread: the management loop.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "control/affinity_manager.h"
#include "control/target_directory.h"

namespace holdfast {

struct HealthFinding {
  std::string service;
  std::string target;
  Health health = Health::kUp;
  HealthSource source = HealthSource::kChecks;
};

struct HealthChangeParts {
  TargetDirectory& directory;
  AffinityManager& affinities;
  // Every batch that a worker receives after this returned follows the directory.
  const std::function<void()>& publish;
};

// Returns how many affinities have ended. The errors are those of TargetDirectory::SetHealth().
absl::StatusOr<std::size_t> PutIntoForce(const HealthFinding& finding,
                                         const HealthChangeParts& parts);

}  // namespace holdfast
