// TargetRecord: what the management thread knows of a target, beside what workers see.
#pragma once

#include <cstdint>

#include "balancing/capacity_weights.h"
#include "tables/snapshot.h"

namespace holdfast {

struct TargetRecord {
  TargetView view;
  std::uint64_t removed_in = 0;             // version of the first snapshot without it
  std::uint32_t capacity = kWholeCapacity;  // that it reports, of kWholeCapacity

  // Without regard to its health, which is a service's.
  [[nodiscard]] bool IsUp() const { return view.state == TargetState::kUp; }
};

}  // namespace holdfast
