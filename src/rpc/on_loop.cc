#include "rpc/on_loop.h"

#include <utility>

#include "rpc/loop_visits.h"
#include "rpc/to_wire.h"

namespace holdfast {
namespace {

class UnaryCall final : public grpc::ServerUnaryReactor {
 public:
  UnaryCall(ManagementLoop& loop, std::function<std::optional<absl::Status>()> work)
      : work_(std::move(work)),
        visits_(loop, [this](const grpc::Status& status) { Finish(status); }) {
    Visit();
  }

  void OnCancel() override { visits_.Cancel(); }
  void OnDone() override { delete this; }

 private:
  void Visit() {
    visits_.Visit([this] {
      if (const auto status = work_()) return Finish(ToWire(*status));
      Visit();
    });
  }

  const std::function<std::optional<absl::Status>()> work_;
  LoopVisits visits_;
};

}  // namespace

grpc::ServerUnaryReactor* OnLoop(ManagementLoop& loop, std::function<absl::Status()> work) {
  return new UnaryCall(loop, [work = std::move(work)] { return std::optional(work()); });
}

grpc::ServerUnaryReactor* OnLoopInSlices(ManagementLoop& loop,
                                         std::function<std::optional<absl::Status>()> work) {
  return new UnaryCall(loop, std::move(work));
}

grpc::ServerUnaryReactor* Answered(grpc::CallbackServerContext* context,
                                   const absl::Status& status) {
  auto* reactor = context->DefaultReactor();
  reactor->Finish(ToWire(status));
  return reactor;
}

}  // namespace holdfast
