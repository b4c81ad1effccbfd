// A call whose request is refused before it streams anything.
#pragma once

#include <grpcpp/support/server_callback.h>

#include "absl/status/status.h"
#include "rpc/to_wire.h"

namespace holdfast {

// Ends the call with `status` at once; destroys itself.
template <typename Response>
class RefusedStream final : public grpc::ServerWriteReactor<Response> {
 public:
  explicit RefusedStream(const absl::Status& status) { this->Finish(ToWire(status)); }
  void OnDone() override { delete this; }
};

}  // namespace holdfast
