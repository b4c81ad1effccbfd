#include <algorithm>

#include "absl/strings/str_cat.h"
#include "config/field_rules.h"
#include "config/rules.h"

namespace holdfast::config {

OwnTimeouts CheckedTimeouts(const std::string& path, const v1::Connections::Timeouts& timeouts,
                            MistakeLog& log) {
  const auto read = [&](const char* name, const std::string& text) {
    const std::string field = absl::StrCat(path, ".", name);
    std::optional<absl::Duration> given;
    if (log.Has(field))
      given = BoundedDuration(field, text, {}, {absl::Seconds(1), absl::Hours(8)}, log);
    return given;
  };
  return {.tcp_opening = read("tcp_opening", timeouts.tcp_opening()),
          .tcp_established = read("tcp_established", timeouts.tcp_established()),
          .tcp_closing = read("tcp_closing", timeouts.tcp_closing()),
          .udp = read("udp", timeouts.udp())};
}

Connections CheckedConnections(const v1::Connections& connections, MistakeLog& log) {
  Connections checked;
  if (connections.has_per_worker())
    checked.per_worker =
        BoundedNumber("connections.per_worker", connections.per_worker(), {1024, 134'217'728}, log);
  const OwnTimeouts given = CheckedTimeouts("connections.timeouts", connections.timeouts(), log);
  Timeouts& timeouts = checked.timeouts;
  timeouts.tcp_opening = given.tcp_opening.value_or(timeouts.tcp_opening);
  timeouts.tcp_established = given.tcp_established.value_or(timeouts.tcp_established);
  timeouts.tcp_closing = given.tcp_closing.value_or(timeouts.tcp_closing);
  timeouts.udp = given.udp.value_or(timeouts.udp);
  return checked;
}

Affinities CheckedAffinities(const v1::Affinities& affinities, MistakeLog& log) {
  Affinities checked;
  if (affinities.has_capacity())
    checked.capacity =
        BoundedNumber("affinities.capacity", affinities.capacity(), {1024, 67'108'864}, log);
  if (affinities.has_clients())
    checked.clients =
        BoundedNumber("affinities.clients", affinities.clients(), {1024, 67'108'864}, log);
  checked.max_duration =
      BoundedDuration("affinities.max_duration", affinities.max_duration(), checked.max_duration,
                      {absl::Seconds(1), absl::Hours(720)}, log);
  checked.quota_per_target = BoundedNumber("affinities.quota_per_target",
                                           affinities.quota_per_target(), {0, 67'108'864}, log);
  return checked;
}

NoService CheckedNoService(const v1::BalancerConfig& config, const std::vector<Port>& ports,
                           MistakeLog& log) {
  if (config.no_service() == v1::BalancerConfig::NO_SERVICE_DROP) return NoService::kDrop;
  if (config.no_service() != v1::BalancerConfig::NO_SERVICE_KERNEL) return NoService::kReject;
  if (std::none_of(ports.begin(), ports.end(),
                   [](const Port& port) { return port.kernel.has_value(); }))
    log.Add("no_service", "kernel", "no port has a kernel interface (ports: kernel)");
  return NoService::kKernel;
}

LogLevel CheckedLogLevel(const v1::Logging& logging) {
  switch (logging.level()) {
    case v1::Logging::LEVEL_DEBUG:
      return LogLevel::kDebug;
    case v1::Logging::LEVEL_WARNING:
      return LogLevel::kWarning;
    case v1::Logging::LEVEL_ERROR:
      return LogLevel::kError;
    default:
      return LogLevel::kInfo;
  }
}

}  // namespace holdfast::config
