// Difference: what changes from the configuration that holds to another one, in
// lines for a person.
#pragma once

#include <string>
#include <vector>

#include "config/balancer_config.h"

namespace holdfast::config {

struct Difference {
  // What can be applied while the balancer runs. Fields first, then targets, then
  // services, each by name:
  //   affinities.max_duration: 4h -> 1h
  //   target web-4: added, address 10.0.0.14
  //   service web: target web-2: weight 100 -> 50
  //   service dns: removed
  // A target or a service is who its name says: renamed, it is removed and added.
  // The order of the file is no difference.
  std::vector<std::string> changes;
  // What only a restart can change, by field: "cores.workers: 1 -> 1, 2".
  std::vector<std::string> needs_restart;

  [[nodiscard]] bool empty() const { return changes.empty() && needs_restart.empty(); }
};

Difference DifferenceOf(const BalancerConfig& now, const BalancerConfig& next);

}  // namespace holdfast::config
