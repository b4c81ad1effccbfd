// holdfastctl neighbour list, flush; vip announce
#pragma once

#include <CLI/CLI.hpp>

#include "cli/invocation.h"

namespace holdfast::cli {

// The command that is given sets invocation.command; `invocation` outlives `app`.
void AddNeighbourCommands(CLI::App& app, Invocation& invocation);
void AddVipCommands(CLI::App& app, Invocation& invocation);

}  // namespace holdfast::cli
