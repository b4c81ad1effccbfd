#include "config/field_rules.h"
#include "config/rules.h"

namespace holdfast::config {

Connections CheckedConnections(const v1::Connections& connections, MistakeLog& log) {
  Connections checked;
  if (connections.has_per_worker())
    checked.per_worker =
        BoundedNumber("connections.per_worker", connections.per_worker(), {1024, 134'217'728}, log);
  const auto read = [&log](const char* field, const std::string& text, absl::Duration absent) {
    return BoundedDuration(std::string("connections.timeouts.") + field, text, absent,
                           {absl::Seconds(1), absl::Hours(8)}, log);
  };
  const auto& timeouts = connections.timeouts();
  checked.tcp_opening = read("tcp_opening", timeouts.tcp_opening(), checked.tcp_opening);
  checked.tcp_established =
      read("tcp_established", timeouts.tcp_established(), checked.tcp_established);
  checked.tcp_closing = read("tcp_closing", timeouts.tcp_closing(), checked.tcp_closing);
  checked.udp = read("udp", timeouts.udp(), checked.udp);
  return checked;
}

Affinities CheckedAffinities(const v1::Affinities& affinities, MistakeLog& log) {
  Affinities checked;
  if (affinities.has_capacity())
    checked.capacity =
        BoundedNumber("affinities.capacity", affinities.capacity(), {1024, 67'108'864}, log);
  checked.max_duration =
      BoundedDuration("affinities.max_duration", affinities.max_duration(), checked.max_duration,
                      {absl::Seconds(1), absl::Hours(720)}, log);
  return checked;
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
