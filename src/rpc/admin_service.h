// AdminService: proto/holdfast/v1/admin.proto, asked of the management loop.
#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "config/draft.h"
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
  grpc::ServerUnaryReactor* GetTarget(grpc::CallbackServerContext* context,
                                      const v1::GetTargetRequest* request,
                                      v1::GetTargetResponse* response) override;
  grpc::ServerUnaryReactor* SetTargetState(grpc::CallbackServerContext* context,
                                           const v1::SetTargetStateRequest* request,
                                           v1::SetTargetStateResponse* response) override;
  grpc::ServerUnaryReactor* SetTargetHealth(grpc::CallbackServerContext* context,
                                            const v1::SetTargetHealthRequest* request,
                                            v1::SetTargetHealthResponse* response) override;
  grpc::ServerUnaryReactor* ApplyConfig(grpc::CallbackServerContext* context,
                                        const v1::ApplyConfigRequest* request,
                                        v1::ConfigChange* response) override;
  grpc::ServerUnaryReactor* CreateTarget(grpc::CallbackServerContext* context,
                                         const v1::CreateTargetRequest* request,
                                         v1::ConfigChange* response) override;
  grpc::ServerUnaryReactor* UpdateTarget(grpc::CallbackServerContext* context,
                                         const v1::UpdateTargetRequest* request,
                                         v1::ConfigChange* response) override;
  grpc::ServerUnaryReactor* DeleteTarget(grpc::CallbackServerContext* context,
                                         const v1::DeleteTargetRequest* request,
                                         v1::ConfigChange* response) override;
  grpc::ServerUnaryReactor* CreateService(grpc::CallbackServerContext* context,
                                          const v1::CreateServiceRequest* request,
                                          v1::ConfigChange* response) override;
  grpc::ServerUnaryReactor* UpdateService(grpc::CallbackServerContext* context,
                                          const v1::UpdateServiceRequest* request,
                                          v1::ConfigChange* response) override;
  grpc::ServerUnaryReactor* DeleteService(grpc::CallbackServerContext* context,
                                          const v1::DeleteServiceRequest* request,
                                          v1::ConfigChange* response) override;
  grpc::ServerUnaryReactor* SetServiceTarget(grpc::CallbackServerContext* context,
                                             const v1::SetServiceTargetRequest* request,
                                             v1::ConfigChange* response) override;
  grpc::ServerUnaryReactor* GetCounters(grpc::CallbackServerContext* context,
                                        const v1::GetCountersRequest* request,
                                        v1::GetCountersResponse* response) override;
  grpc::ServerUnaryReactor* Explain(grpc::CallbackServerContext* context,
                                    const v1::ExplainRequest* request,
                                    v1::ExplainResponse* response) override;
  grpc::ServerWriteReactor<v1::CaptureResponse>* Capture(
      grpc::CallbackServerContext* context, const v1::CaptureRequest* request) override;
  // admin_neighbours.cc
  grpc::ServerUnaryReactor* ListNeighbours(grpc::CallbackServerContext* context,
                                           const v1::ListNeighboursRequest* request,
                                           v1::ListNeighboursResponse* response) override;
  grpc::ServerUnaryReactor* FlushNeighbour(grpc::CallbackServerContext* context,
                                           const v1::FlushNeighbourRequest* request,
                                           v1::FlushNeighbourResponse* response) override;
  grpc::ServerUnaryReactor* AnnounceVips(grpc::CallbackServerContext* context,
                                         const v1::AnnounceVipsRequest* request,
                                         v1::AnnounceVipsResponse* response) override;

 private:
  // Puts the configuration that holds, as `edit` changes it, in its own place. `what`
  // and who called are told to the log.
  grpc::ServerUnaryReactor* Change(grpc::CallbackServerContext* context, absl::string_view what,
                                   std::function<absl::Status(config::Draft&)> edit,
                                   v1::ConfigChange* response);
  // On the loop.
  absl::Status SetState(const TargetStateRequest& request, v1::SetTargetStateResponse& response);
  absl::Status SetHealth(const TargetHealthRequest& request, v1::SetTargetHealthResponse& response);
  [[nodiscard]] v1::Target Describe(const TargetDirectory::TargetInfo& target) const;
  [[nodiscard]] v1::Service Describe(const TargetDirectory::ServiceInfo& service) const;
  // nullptr: it is not checked.
  [[nodiscard]] const HealthChecks::Pair* HealthOf(const std::string& service,
                                                   const std::string& target) const;
  [[nodiscard]] v1::Neighbour Describe(const NeighbourView& neighbour) const;
  [[nodiscard]] const std::string& NameOf(PortIndex port) const;

  const ControlParts parts_;
};

}  // namespace holdfast
