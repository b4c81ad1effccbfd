// What the affinities of a service may be: from messages to typed values, back, and in words.
#pragma once

#include <string>

#include "config/balancer_config.h"
#include "config/mistake_log.h"
#include "holdfast/v1/config.pb.h"

namespace holdfast::config {

// `path` is that of the field.
AffinityRules CheckedAffinityRules(const std::string& path, const v1::AffinityRules& message,
                                   MistakeLog& log);

void AffinityRulesToMessage(const AffinityRules& rules, v1::AffinityRules& message);

// "clients at most /16 and /48, extended by connections for 24h at most".
std::string AffinityRulesInWords(const Service& service);

}  // namespace holdfast::config
