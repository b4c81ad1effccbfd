// "web-2" or "web-2=50": a target of a service's set, and its weight there.
#pragma once

#include <cstdint>
#include <string>

#include "holdfast/v1/config.pb.h"

namespace holdfast::cli {

// A weight that is no number: the command line is wrong; the balancer judges its bounds.
std::uint32_t WeightFrom(const std::string& text);
v1::ServiceTargetConfig MemberFrom(const std::string& text);

}  // namespace holdfast::cli
