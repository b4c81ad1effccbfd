#include "base/clock.h"

#include <time.h>

namespace holdfast {

absl::Duration SteadyClock::Now() const {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return absl::DurationFromTimespec(now);
}

}  // namespace holdfast
