// AdminService: proto/holdfast/v1/admin.proto, asked of the management loop.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "holdfast/v1/admin.grpc.pb.h"
#include "rpc/control_parts.h"
#include "rpc/from_wire.h"

namespace holdfast {

class AdminService final : public v1::AdminService::CallbackService {
 public:
  explicit AdminService(const ControlParts& parts) : parts_(parts) {}

  grpc::ServerUnaryReactor* ListServices(grpc::CallbackServerContext* context,
                                         const v1::ListServicesRequest* request,
                                         v1::ListServicesResponse* response) override;
  grpc::ServerUnaryReactor* ListTargets(grpc::CallbackServerContext* context,
                                        const v1::ListTargetsRequest* request,
                                        v1::ListTargetsResponse* response) override;
  grpc::ServerUnaryReactor* SetTargetState(grpc::CallbackServerContext* context,
                                           const v1::SetTargetStateRequest* request,
                                           v1::SetTargetStateResponse* response) override;
  grpc::ServerUnaryReactor* GetCounters(grpc::CallbackServerContext* context,
                                        const v1::GetCountersRequest* request,
                                        v1::GetCountersResponse* response) override;
  grpc::ServerUnaryReactor* Explain(grpc::CallbackServerContext* context,
                                    const v1::ExplainRequest* request,
                                    v1::ExplainResponse* response) override;

 private:
  // On the loop.
  absl::Status SetState(const TargetStateRequest& request, v1::SetTargetStateResponse& response);
  [[nodiscard]] v1::Target Describe(const TargetDirectory::TargetInfo& target) const;

  const ControlParts parts_;
};

}  // namespace holdfast
