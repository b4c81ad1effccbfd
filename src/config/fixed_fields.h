// Which fields of a configuration can change while the balancer runs, and what
// they hold, as text.
#pragma once

#include <map>
#include <string>

#include "config/balancer_config.h"

namespace holdfast::config {

// From a field's path ("cores.workers") to what it holds ("1, 2"); "" when it is
// empty or absent.
using FieldTexts = std::map<std::string, std::string>;

// What is taken from the machine at start: memory, CPUs, devices, listening sockets,
// and the seed that the workers hash with. Only a restart can change it.
FieldTexts FixedFields(const BalancerConfig& config);
// What can change at any time, without targets and services.
FieldTexts LiveFields(const BalancerConfig& config);

}  // namespace holdfast::config
