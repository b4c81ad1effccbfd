// Captures on the wire: what an operator orders, and the packets.
//
// Thread-safe: no state.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "control/capture_desk.h"
#include "holdfast/v1/admin.pb.h"

namespace holdfast {

// INVALID_ARGUMENT names the first mistake, as from_wire.h.
absl::StatusOr<CaptureOrder> FromWire(const v1::CaptureRequest& wire);

v1::CaptureStarted ToWire(const CaptureOrder& order, const std::vector<CaptureDesk::Port>& ports);
v1::CapturedPacket ToWire(const CapturedPacket& packet, const std::string& port);
v1::CaptureEndReason ToWire(CaptureEnd end);

}  // namespace holdfast
