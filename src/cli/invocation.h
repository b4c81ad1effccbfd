// Invocation: what one run of holdfastctl was asked for.
#pragma once

#include <functional>
#include <string>

#include "absl/time/time.h"

namespace holdfast::cli {

class Connection;

// What the program's exit status tells a script. --help documents the numbers.
enum class ExitCode : int {
  kDone = 0,
  kRefused = 1,  // the balancer understood and said no: an Outcome
  kUsage = 2,    // the command line, or a name or value in it, is wrong
  kFailed = 3,   // the balancer was not reached, or failed
};

struct Invocation {
  std::string server = "unix:/run/holdfast/control.sock";
  absl::Duration timeout = absl::Seconds(5);  // for each call
  bool json = false;
  // Set by the subcommand that was given.
  std::function<ExitCode(const Connection&)> command;
};

}  // namespace holdfast::cli
