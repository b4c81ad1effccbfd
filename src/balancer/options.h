// The command line of holdfastd.
#pragma once

#include <string>
#include <variant>

namespace holdfast {

struct Options {
  std::string config = "/etc/holdfast/balancer.yaml";
  bool check = false;  // only check the configuration
};

// The options, or the status to end with: --help and --version were answered (0),
// or a mistake was explained on stderr (2).
std::variant<Options, int> ParseCommandLine(int argc, const char* const* argv);

}  // namespace holdfast
