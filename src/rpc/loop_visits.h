// LoopVisits: how one call asks the management loop, and always gets an answer.
//
// gRPC waits for every call that began, so that none may be forgotten in a queue:
// a visit ends in its work, or in `finish` with UNAVAILABLE when the loop stops,
// is destroyed without having run, or the call is cancelled first.
#pragma once

#include <grpcpp/support/status.h>

#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include "control/management_loop.h"

namespace holdfast {

class LoopVisits {
 public:
  // `finish` ends the call. It is called at most once, and then nothing else is.
  LoopVisits(ManagementLoop& loop, std::function<void(const grpc::Status&)> finish)
      : loop_(loop), finish_(std::move(finish)) {}

  // Calls `work` on the loop's thread, or else `finish` on any thread, perhaps
  // before this returns. Either may destroy this. One visit at a time.
  void Visit(std::function<void()> work);
  // Any thread. Ends a visit whose work has not begun, and every later one.
  void Cancel();

 private:
  class Ticket;

  // False when the call was cancelled.
  bool Admit(const std::shared_ptr<Ticket>& ticket);

  ManagementLoop& loop_;
  const std::function<void(const grpc::Status&)> finish_;
  std::mutex mutex_;
  std::weak_ptr<Ticket> waiting_;
  bool cancelled_ = false;
};

}  // namespace holdfast
