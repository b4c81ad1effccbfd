// GrpcCheck: grpc.health.v1.Health/Check over a connection that is open.
//
// Thread: the one that checks; the answer comes on a thread of gRPC's.
#pragma once

#include <functional>
#include <memory>

#include "absl/time/time.h"
#include "health/probe.h"

namespace holdfast {

class GrpcCheck {
 public:
  // Takes the descriptor, of a connected TCP socket that does not block, and asks. `answer` is
  // called once, within `patience` or a little later, unless this goes before.
  GrpcCheck(const ProbeOrder& order, int descriptor, absl::Duration patience,
            std::function<void(const ProbeResult&)> answer);
  ~GrpcCheck();  // gives up
  GrpcCheck(const GrpcCheck&) = delete;
  GrpcCheck& operator=(const GrpcCheck&) = delete;

 private:
  class Call;
  std::shared_ptr<Call> call_;  // until gRPC is done with it
};

}  // namespace holdfast
