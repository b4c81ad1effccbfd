// Times of the configuration as tables have them.
#pragma once

#include "config/balancer_config.h"
#include "tables/connection_timeouts.h"

namespace holdfast {

// Rounded up.
std::uint32_t WholeSeconds(absl::Duration duration);
ConnectionTimeouts TimeoutsOf(const config::Timeouts& timeouts);
// Those of a service, which has `common` where it names none of its own.
ConnectionTimeouts TimeoutsOf(const config::Service& service, const config::Timeouts& common);

}  // namespace holdfast
