// How a unary call ends: answered by the management loop, or before.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <functional>
#include <optional>

#include "absl/status/status.h"
#include "control/management_loop.h"

namespace holdfast {

// The call ends with the status that `work` returns from the loop's thread, or
// with UNAVAILABLE when `work` was not begun (loop_visits.h). The request and the
// response are there while `work` runs. gRPC owns what is returned.
grpc::ServerUnaryReactor* OnLoop(ManagementLoop& loop, std::function<absl::Status()> work);

// The same in as many visits as `work` wants: it is called again, after others had their turn,
// until it returns the call's status. One that was cancelled is not called again.
grpc::ServerUnaryReactor* OnLoopInSlices(ManagementLoop& loop,
                                         std::function<std::optional<absl::Status>()> work);

// Ends the call with `status` at once; the loop is not asked.
grpc::ServerUnaryReactor* Answered(grpc::CallbackServerContext* context,
                                   const absl::Status& status);

}  // namespace holdfast
