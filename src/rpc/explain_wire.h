// AdminService.Explain: the question from the wire, the explanation to it.
//
// Thread-safe: no state.
#pragma once

#include "absl/status/statusor.h"
#include "control/explanation.h"
#include "holdfast/v1/admin.pb.h"

namespace holdfast {

// INVALID_ARGUMENT as in from_wire.h. Whether there is such a worker, Explainer knows.
absl::StatusOr<PacketQuestion> FromWire(const v1::ExplainRequest& wire);

void ToWire(const Explanation& explanation, v1::ExplainResponse& wire);

}  // namespace holdfast
