#include "control/service_limits.h"

namespace holdfast {

std::uint32_t WholeSeconds(absl::Duration duration) {
  return static_cast<std::uint32_t>(absl::ToInt64Seconds(absl::Ceil(duration, absl::Seconds(1))));
}

ConnectionTimeouts TimeoutsOf(const config::Timeouts& timeouts) {
  return {.tcp_opening = WholeSeconds(timeouts.tcp_opening),
          .tcp_established = WholeSeconds(timeouts.tcp_established),
          .tcp_closing = WholeSeconds(timeouts.tcp_closing),
          .udp = WholeSeconds(timeouts.udp)};
}

ConnectionTimeouts TimeoutsOf(const config::Service& service, const config::Timeouts& common) {
  const config::OwnTimeouts& own = service.timeouts;
  return TimeoutsOf({.tcp_opening = own.tcp_opening.value_or(common.tcp_opening),
                     .tcp_established = own.tcp_established.value_or(common.tcp_established),
                     .tcp_closing = own.tcp_closing.value_or(common.tcp_closing),
                     .udp = own.udp.value_or(common.udp)});
}

}  // namespace holdfast
