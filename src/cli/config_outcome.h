// What a change of the configuration came to, as it is shown.
#pragma once

#include "absl/status/statusor.h"
#include "cli/invocation.h"
#include "holdfast/v1/admin.pb.h"

namespace holdfast::cli {

// What changes goes to stdout; what is in the way of it to stderr.
ExitCode ShowConfigChange(const absl::StatusOr<v1::ConfigChange>& answer,
                          const Invocation& invocation);

}  // namespace holdfast::cli
