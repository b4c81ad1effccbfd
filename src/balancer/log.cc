#include "balancer/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace holdfast {
namespace {

spdlog::level::level_enum LevelOf(config::LogLevel level) {
  switch (level) {
    case config::LogLevel::kDebug:
      return spdlog::level::debug;
    case config::LogLevel::kInfo:
      return spdlog::level::info;
    case config::LogLevel::kWarning:
      return spdlog::level::warn;
    case config::LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

}  // namespace

void StartLog(config::LogLevel level) {
  spdlog::set_default_logger(spdlog::stderr_logger_mt("holdfastd"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e %l %v");
  SetLogLevel(level);
}

void SetLogLevel(config::LogLevel level) { spdlog::set_level(LevelOf(level)); }

}  // namespace holdfast
