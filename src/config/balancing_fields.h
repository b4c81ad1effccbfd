// The fields of a service that say how it is balanced and what its targets' states mean:
// from messages to typed values, back, and in words.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "config/balancer_config.h"
#include "config/mistake_log.h"
#include "holdfast/v1/config.pb.h"

namespace holdfast::config {

// `path` is the service's.
void CheckBalancing(const std::string& path, const v1::ServiceConfig& message, Service& service,
                    MistakeLog& log);
// `element` is the path of the entry in the service's targets.
void CheckMember(const std::string& element, const v1::ServiceTargetConfig& message,
                 ServiceTarget& member, MistakeLog& log);

void BalancingToMessage(const Service& service, v1::ServiceConfig& message);

// "on_drain", "break"; each field once, in the order of config.proto.
std::vector<std::pair<const char*, std::string>> BalancingInWords(const Service& service);

}  // namespace holdfast::config
