// Reads a configuration file: YAML, then the schema, then the rules.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "config/balancer_config.h"

namespace holdfast::config {

// One mistake, as an operator reads it:
//   balancer.yaml:12: services[0].vip: '10.0.0.300': not an IPv4 address
struct Mistake {
  std::string file;
  int line = 0;  // 1-based; 0 when the file as a whole is meant
  std::string field;
  std::string value;  // "" when there is none
  std::string rule;
  [[nodiscard]] std::string ToString() const;
};

// The configuration, or every mistake in the file, in the order of its lines.
using LoadResult = std::variant<BalancerConfig, std::vector<Mistake>>;

LoadResult LoadBalancerConfig(const std::string& path);
// `file` only names the text in mistakes.
LoadResult ParseBalancerConfig(const std::string& text, const std::string& file);

}  // namespace holdfast::config
