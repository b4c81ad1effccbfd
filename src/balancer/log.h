// The log of holdfastd: lines on stderr, for journald or a file.
#pragma once

#include "config/balancer_config.h"

namespace holdfast {

// Before anything is logged.
void StartLog(config::LogLevel level);
// Any thread.
void SetLogLevel(config::LogLevel level);

}  // namespace holdfast
