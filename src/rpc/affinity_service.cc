#include "rpc/affinity_service.h"

#include <utility>

#include "rpc/affinity_stream.h"
#include "rpc/from_wire.h"
#include "rpc/on_loop.h"
#include "rpc/to_wire.h"

namespace holdfast {
namespace {

class RefusedStream final : public grpc::ServerWriteReactor<v1::ListAffinitiesResponse> {
 public:
  explicit RefusedStream(const absl::Status& status) { Finish(ToWire(status)); }
  void OnDone() override { delete this; }
};

}  // namespace

grpc::ServerUnaryReactor* AffinityService::StartAffinity(grpc::CallbackServerContext* context,
                                                         const v1::StartAffinityRequest* request,
                                                         v1::StartAffinityResponse* response) {
  auto start = FromWire(*request);
  if (!start.ok()) return Answered(context, start.status());
  return OnLoop(loop_, [this, start = *std::move(start), request, response] {
    ToWire(*request, affinities_.Start(start.selector, start.target, start.duration), *response);
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* AffinityService::EndAffinity(grpc::CallbackServerContext* context,
                                                       const v1::EndAffinityRequest* request,
                                                       v1::EndAffinityResponse* response) {
  auto end = FromWire(*request);
  if (!end.ok()) return Answered(context, end.status());
  return OnLoop(loop_, [this, end = *std::move(end), request, response] {
    ToWire(*request, affinities_.End(end.selector, end.target), *response);
    return absl::OkStatus();
  });
}

grpc::ServerWriteReactor<v1::ListAffinitiesResponse>* AffinityService::ListAffinities(
    grpc::CallbackServerContext* /*context*/, const v1::ListAffinitiesRequest* request) {
  auto list = FromWire(*request);
  if (!list.ok()) return new RefusedStream(list.status());
  return new AffinityStream(loop_, directory_, affinities_, *std::move(list));
}

}  // namespace holdfast
