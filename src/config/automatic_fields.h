// A service's automatic affinity: from messages to typed values, back, and in words.
#pragma once

#include <string>

#include "config/balancer_config.h"
#include "config/mistake_log.h"
#include "holdfast/v1/config.pb.h"

namespace holdfast::config {

// Sets service.automatic_affinity, if the message has one. `path` is the service's.
void CheckAutomatic(const std::string& path, const v1::ServiceConfig& message, Service& service,
                    MistakeLog& log);
void AutomaticToMessage(const Service& service, v1::ServiceConfig& message);
// "off", "on", "on, linger 30s, client ports 5060"
std::string AutomaticInWords(const Service& service);

}  // namespace holdfast::config
