// holdfastctl service list, create, update, delete, weight
#pragma once

#include <CLI/CLI.hpp>

#include "cli/invocation.h"

namespace holdfast::cli {

// The command that is given sets invocation.command; `invocation` outlives `app`.
void AddServiceCommands(CLI::App& app, Invocation& invocation);

}  // namespace holdfast::cli
