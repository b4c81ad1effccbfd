// Waits until nothing holds on to a target any more, and says how much still does.
#pragma once

#include <string>

#include "absl/time/time.h"
#include "cli/connection.h"
#include "cli/invocation.h"

namespace holdfast::cli {

// Asks twice a second, and prints a line when something has changed:
//   target 'web-2': 12 connections, 3 affinities left
// kDone: nothing is left. kRefused: something is after `at_most`. The balancer's errors
// as of any call.
ExitCode WaitUntilDrained(const Connection& balancer, const std::string& target,
                          absl::Duration at_most, const Invocation& invocation);

}  // namespace holdfast::cli
