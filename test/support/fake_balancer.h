// FakeBalancer: a gRPC server with the balancer's interface. It gives the
// answers that a test put in, and keeps the requests that came.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <vector>

#include "holdfast/v1/admin.grpc.pb.h"
#include "holdfast/v1/affinity.grpc.pb.h"

namespace holdfast::testing {

// What every method does beside its own answer.
struct FakeBehaviour {
  grpc::Status status;  // returned instead of an answer when it is not OK
  bool silent = false;  // no answer before the caller gives up
};

class FakeAffinityService final : public v1::AffinityService::Service {
 public:
  explicit FakeAffinityService(const FakeBehaviour& behaviour) : behaviour_(behaviour) {}

  v1::StartAffinityRequest start_request;
  v1::StartAffinityResponse start_answer;
  v1::EndAffinityRequest end_request;
  v1::EndAffinityResponse end_answer;
  v1::ListAffinitiesRequest list_request;
  std::vector<v1::Affinity> affinities;

 private:
  grpc::Status StartAffinity(grpc::ServerContext* context, const v1::StartAffinityRequest* request,
                             v1::StartAffinityResponse* response) override;
  grpc::Status EndAffinity(grpc::ServerContext* context, const v1::EndAffinityRequest* request,
                           v1::EndAffinityResponse* response) override;
  grpc::Status ListAffinities(grpc::ServerContext* context,
                              const v1::ListAffinitiesRequest* request,
                              grpc::ServerWriter<v1::ListAffinitiesResponse>* writer) override;

  const FakeBehaviour& behaviour_;
};

class FakeAdminService final : public v1::AdminService::Service {
 public:
  explicit FakeAdminService(const FakeBehaviour& behaviour) : behaviour_(behaviour) {}

  v1::ListServicesResponse services;
  v1::ListTargetsResponse targets;
  std::vector<v1::GetTargetResponse> target_answers;  // one after the other; the last one stays
  v1::SetTargetStateRequest state_request;
  v1::SetTargetStateResponse state_answer;
  v1::ApplyConfigRequest config_request;
  v1::ConfigChange config_answer;  // of each method that changes the configuration
  std::string change_request;      // of the last one but ApplyConfig: its name, and as text
  v1::GetCountersRequest counters_request;
  v1::GetCountersResponse counters;
  v1::ExplainRequest explain_request;
  v1::ExplainResponse explanation;
  v1::CaptureRequest capture_request;
  std::vector<v1::CaptureResponse> captured;
  v1::ListNeighboursResponse neighbours;
  v1::FlushNeighbourRequest flush_request;
  v1::AnnounceVipsRequest announce_request;
  v1::AnnounceVipsResponse announced;

 private:
  grpc::Status ListServices(grpc::ServerContext* context, const v1::ListServicesRequest* request,
                            v1::ListServicesResponse* response) override;
  grpc::Status ListTargets(grpc::ServerContext* context, const v1::ListTargetsRequest* request,
                           v1::ListTargetsResponse* response) override;
  grpc::Status GetTarget(grpc::ServerContext* context, const v1::GetTargetRequest* request,
                         v1::GetTargetResponse* response) override;
  grpc::Status SetTargetState(grpc::ServerContext* context,
                              const v1::SetTargetStateRequest* request,
                              v1::SetTargetStateResponse* response) override;
  grpc::Status ApplyConfig(grpc::ServerContext* context, const v1::ApplyConfigRequest* request,
                           v1::ConfigChange* response) override;
  grpc::Status CreateTarget(grpc::ServerContext* context, const v1::CreateTargetRequest* request,
                            v1::ConfigChange* response) override {
    return Change(context, "CreateTarget", *request, response);
  }
  grpc::Status UpdateTarget(grpc::ServerContext* context, const v1::UpdateTargetRequest* request,
                            v1::ConfigChange* response) override {
    return Change(context, "UpdateTarget", *request, response);
  }
  grpc::Status DeleteTarget(grpc::ServerContext* context, const v1::DeleteTargetRequest* request,
                            v1::ConfigChange* response) override {
    return Change(context, "DeleteTarget", *request, response);
  }
  grpc::Status CreateService(grpc::ServerContext* context, const v1::CreateServiceRequest* request,
                             v1::ConfigChange* response) override {
    return Change(context, "CreateService", *request, response);
  }
  grpc::Status UpdateService(grpc::ServerContext* context, const v1::UpdateServiceRequest* request,
                             v1::ConfigChange* response) override {
    return Change(context, "UpdateService", *request, response);
  }
  grpc::Status DeleteService(grpc::ServerContext* context, const v1::DeleteServiceRequest* request,
                             v1::ConfigChange* response) override {
    return Change(context, "DeleteService", *request, response);
  }
  grpc::Status SetServiceTarget(grpc::ServerContext* context,
                                const v1::SetServiceTargetRequest* request,
                                v1::ConfigChange* response) override {
    return Change(context, "SetServiceTarget", *request, response);
  }
  grpc::Status Change(grpc::ServerContext* context, const std::string& name,
                      const google::protobuf::Message& request, v1::ConfigChange* response);
  grpc::Status GetCounters(grpc::ServerContext* context, const v1::GetCountersRequest* request,
                           v1::GetCountersResponse* response) override;
  grpc::Status Explain(grpc::ServerContext* context, const v1::ExplainRequest* request,
                       v1::ExplainResponse* response) override;
  grpc::Status Capture(grpc::ServerContext* context, const v1::CaptureRequest* request,
                       grpc::ServerWriter<v1::CaptureResponse>* writer) override;
  grpc::Status ListNeighbours(grpc::ServerContext* context,
                              const v1::ListNeighboursRequest* request,
                              v1::ListNeighboursResponse* response) override;
  grpc::Status FlushNeighbour(grpc::ServerContext* context,
                              const v1::FlushNeighbourRequest* request,
                              v1::FlushNeighbourResponse* response) override;
  grpc::Status AnnounceVips(grpc::ServerContext* context, const v1::AnnounceVipsRequest* request,
                            v1::AnnounceVipsResponse* response) override;

  const FakeBehaviour& behaviour_;
};

class FakeBalancer {
 public:
  // Serves at once, on a socket in `directory` and on a free TCP port.
  explicit FakeBalancer(const std::string& directory);

  [[nodiscard]] const std::string& unix_address() const { return unix_address_; }
  [[nodiscard]] std::string tcp_address() const;

  FakeBehaviour behaviour;
  FakeAffinityService affinity{behaviour};
  FakeAdminService admin{behaviour};

 private:
  std::string unix_address_;
  int tcp_port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace holdfast::testing
