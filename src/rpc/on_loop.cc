#include "rpc/on_loop.h"

#include <utility>

#include "rpc/loop_visits.h"
#include "rpc/to_wire.h"

namespace holdfast {
namespace {

class UnaryCall final : public grpc::ServerUnaryReactor {
 public:
  UnaryCall(ManagementLoop& loop, std::function<absl::Status()> work)
      : visits_(loop, [this](const grpc::Status& status) { Finish(status); }) {
    visits_.Visit([this, work = std::move(work)] { Finish(ToWire(work())); });
  }

  void OnCancel() override { visits_.Cancel(); }
  void OnDone() override { delete this; }

 private:
  LoopVisits visits_;
};

}  // namespace

grpc::ServerUnaryReactor* OnLoop(ManagementLoop& loop, std::function<absl::Status()> work) {
  return new UnaryCall(loop, std::move(work));
}

grpc::ServerUnaryReactor* Answered(grpc::CallbackServerContext* context,
                                   const absl::Status& status) {
  auto* reactor = context->DefaultReactor();
  reactor->Finish(ToWire(status));
  return reactor;
}

}  // namespace holdfast
