// holdfastctl capture
#pragma once

#include <CLI/CLI.hpp>

#include "cli/invocation.h"

namespace holdfast::cli {

// The command sets invocation.command; `invocation` outlives `app`.
void AddCaptureCommand(CLI::App& app, Invocation& invocation);

}  // namespace holdfast::cli
