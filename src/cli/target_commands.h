// holdfastctl target list, drain, undrain, create, update, delete
#pragma once

#include <CLI/CLI.hpp>

#include "cli/invocation.h"

namespace holdfast::cli {

// The command that is given sets invocation.command; `invocation` outlives `app`.
void AddTargetCommands(CLI::App& app, Invocation& invocation);

}  // namespace holdfast::cli
