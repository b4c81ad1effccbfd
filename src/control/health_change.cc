#include "control/health_change.h"

namespace holdfast {

absl::StatusOr<std::size_t> PutIntoForce(const HealthFinding& finding,
                                         const HealthChangeParts& parts) {
  const auto changed =
      parts.directory.SetHealth(finding.service, finding.target, finding.health, finding.source);
  if (!changed.ok()) return changed.status();
  if (!*changed) return 0;
  const std::size_t ended = parts.affinities.EndOrphans();
  parts.publish();
  return ended;
}

}  // namespace holdfast
