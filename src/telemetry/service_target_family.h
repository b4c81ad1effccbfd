// A family with a sample for each service and each target of its set.
#pragma once

#include <utility>

#include "control/target_directory.h"
#include "stats/samples.h"

namespace holdfast {

// `family` with a sample, `value_of(service, target)`, for each service and target of its set.
template <typename ValueOf>
Family ByServiceAndTarget(Family family, const TargetDirectory& directory, ValueOf value_of) {
  for (const auto& service : directory.Services())
    for (const auto& target : service.targets)
      family.samples.push_back({{{"service", service.name}, {"target", target.name}},
                                static_cast<double>(value_of(service, target))});
  return family;
}

}  // namespace holdfast
