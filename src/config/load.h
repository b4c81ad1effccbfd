// Reads a configuration file: YAML, then the schema, then the rules.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "config/balancer_config.h"
#include "config/mistake.h"

namespace holdfast::config {

// The configuration, or every mistake in the file, in the order of its lines.
using LoadResult = std::variant<BalancerConfig, std::vector<Mistake>>;

LoadResult LoadBalancerConfig(const std::string& path);
// `file` only names the text in mistakes.
LoadResult ParseBalancerConfig(const std::string& text, const std::string& file);

}  // namespace holdfast::config
