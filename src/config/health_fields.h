// The health checks of a service: from messages to typed values, back, and in words.
#pragma once

#include <string>
#include <vector>

#include "config/balancer_config.h"
#include "config/mistake_log.h"
#include "holdfast/v1/config.pb.h"

namespace holdfast::config {

// Where checks may have to go.
struct HealthRoom {
  const std::vector<Port>& ports;
  const std::vector<Target>& targets;
};

// `path` is that of the field. All else of `service` is checked already.
void CheckHealth(const std::string& path, const v1::ServiceConfig& message, const HealthRoom& room,
                 Service& service, MistakeLog& log);

void HealthToMessage(const Service& service, v1::ServiceConfig& message);

// "http port 80 path / status 200-399, every 2s, timeout 1s, rise 2, fall 3"; "" where there
// is none.
std::string HealthInWords(const Service& service);

}  // namespace holdfast::config
