// ProbeListen: can a server listen there? gRPC only says that it cannot.
#pragma once

#include "absl/status/status.h"
#include "config/balancer_config.h"

namespace holdfast {

// Binds to the address for a moment. The error names the address, what the
// kernel says and what to do about it.
//
// A socket file that nobody listens on any more (its server was killed) is
// removed; any other file, and the socket of a server that runs, stays.
absl::Status ProbeListen(const config::ListenAddress& listen);

}  // namespace holdfast
