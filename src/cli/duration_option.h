// An option whose value is a duration: "90s", "1h30m".
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "absl/time/time.h"

namespace holdfast::cli {

// `set` gets a duration that is neither negative nor infinite; with any other
// text the command line is wrong.
CLI::Option* AddDurationOption(CLI::App& app, const std::string& name,
                               std::function<void(absl::Duration)> set,
                               const std::string& description);

}  // namespace holdfast::cli
