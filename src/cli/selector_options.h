// The options that say which clients and which service an affinity is about.
#pragma once

#include <CLI/CLI.hpp>

#include "holdfast/v1/affinity.pb.h"

namespace holdfast::cli {

// `selector` is filled while the command line is read and must live as long.
// Addresses and port numbers go to the balancer as they are: it judges them (A16).
void AddSelectorOptions(CLI::App& command, v1::AffinitySelector& selector);

}  // namespace holdfast::cli
