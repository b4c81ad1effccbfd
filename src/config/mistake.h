// What is wrong in a configuration file, and where.
#pragma once

#include <string>

namespace holdfast::config {

// One mistake, as an operator reads it:
//   balancer.yaml:12: services[0].vip: '10.0.0.300': not an IPv4 or IPv6 address
struct Mistake {
  std::string file;
  int line = 0;       // 1-based; 0 when the file as a whole is meant
  std::string field;  // "" when no field is meant, as with a syntax error
  std::string value;  // "" when there is none
  std::string rule;
  [[nodiscard]] std::string ToString() const;
};

}  // namespace holdfast::config
