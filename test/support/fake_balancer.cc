#include "support/fake_balancer.h"

#include <chrono>
#include <thread>

namespace holdfast::testing {
namespace {

grpc::Status Behave(const FakeBehaviour& behaviour, const grpc::ServerContext& context) {
  while (behaviour.silent && !context.IsCancelled())
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return behaviour.status;
}

}  // namespace

grpc::Status FakeAffinityService::StartAffinity(grpc::ServerContext* context,
                                                const v1::StartAffinityRequest* request,
                                                v1::StartAffinityResponse* response) {
  start_request = *request;
  *response = start_answer;
  return Behave(behaviour_, *context);
}

grpc::Status FakeAffinityService::EndAffinity(grpc::ServerContext* context,
                                              const v1::EndAffinityRequest* request,
                                              v1::EndAffinityResponse* response) {
  end_request = *request;
  *response = end_answer;
  return Behave(behaviour_, *context);
}

grpc::Status FakeAffinityService::ListAffinities(
    grpc::ServerContext* context, const v1::ListAffinitiesRequest* request,
    grpc::ServerWriter<v1::ListAffinitiesResponse>* writer) {
  list_request = *request;
  for (const v1::Affinity& one : affinities) {
    v1::ListAffinitiesResponse response;
    *response.mutable_affinity() = one;
    writer->Write(response);
  }
  return Behave(behaviour_, *context);
}

grpc::Status FakeAdminService::ListServices(grpc::ServerContext* context,
                                            const v1::ListServicesRequest*,
                                            v1::ListServicesResponse* response) {
  *response = services;
  return Behave(behaviour_, *context);
}

grpc::Status FakeAdminService::ListTargets(grpc::ServerContext* context,
                                           const v1::ListTargetsRequest*,
                                           v1::ListTargetsResponse* response) {
  *response = targets;
  return Behave(behaviour_, *context);
}

grpc::Status FakeAdminService::GetTarget(grpc::ServerContext* context,
                                         const v1::GetTargetRequest* request,
                                         v1::GetTargetResponse* response) {
  *response = target_answers.front();
  response->mutable_target()->set_name(request->target());
  if (target_answers.size() > 1) target_answers.erase(target_answers.begin());
  return Behave(behaviour_, *context);
}

grpc::Status FakeAdminService::SetTargetState(grpc::ServerContext* context,
                                              const v1::SetTargetStateRequest* request,
                                              v1::SetTargetStateResponse* response) {
  state_request = *request;
  *response = state_answer;
  return Behave(behaviour_, *context);
}

grpc::Status FakeAdminService::ApplyConfig(grpc::ServerContext* context,
                                           const v1::ApplyConfigRequest* request,
                                           v1::ConfigChange* response) {
  config_request = *request;
  *response = config_answer;
  return Behave(behaviour_, *context);
}

grpc::Status FakeAdminService::Change(grpc::ServerContext* context, const std::string& name,
                                      const google::protobuf::Message& request,
                                      v1::ConfigChange* response) {
  change_request = name + " " + request.ShortDebugString();
  *response = config_answer;
  return Behave(behaviour_, *context);
}

grpc::Status FakeAdminService::GetCounters(grpc::ServerContext* context,
                                           const v1::GetCountersRequest* request,
                                           v1::GetCountersResponse* response) {
  counters_request = *request;
  *response = counters;
  return Behave(behaviour_, *context);
}

grpc::Status FakeAdminService::Explain(grpc::ServerContext* context,
                                       const v1::ExplainRequest* request,
                                       v1::ExplainResponse* response) {
  explain_request = *request;
  *response = explanation;
  return Behave(behaviour_, *context);
}

grpc::Status FakeAdminService::ListNeighbours(grpc::ServerContext* context,
                                              const v1::ListNeighboursRequest* /*request*/,
                                              v1::ListNeighboursResponse* response) {
  *response = neighbours;
  return Behave(behaviour_, *context);
}

grpc::Status FakeAdminService::FlushNeighbour(grpc::ServerContext* context,
                                              const v1::FlushNeighbourRequest* request,
                                              v1::FlushNeighbourResponse* /*response*/) {
  flush_request = *request;
  return Behave(behaviour_, *context);
}

grpc::Status FakeAdminService::AnnounceVips(grpc::ServerContext* context,
                                            const v1::AnnounceVipsRequest* request,
                                            v1::AnnounceVipsResponse* response) {
  announce_request = *request;
  *response = announced;
  return Behave(behaviour_, *context);
}

grpc::Status FakeAdminService::Capture(grpc::ServerContext* context,
                                       const v1::CaptureRequest* request,
                                       grpc::ServerWriter<v1::CaptureResponse>* writer) {
  capture_request = *request;
  for (const v1::CaptureResponse& response : captured) writer->Write(response);
  return Behave(behaviour_, *context);
}

FakeBalancer::FakeBalancer(const std::string& directory)
    : unix_address_("unix:" + directory + "/control.sock") {
  grpc::ServerBuilder builder;
  builder.AddListeningPort(unix_address_, grpc::InsecureServerCredentials());
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &tcp_port_);
  builder.RegisterService(&affinity);
  builder.RegisterService(&admin);
  server_ = builder.BuildAndStart();
}

std::string FakeBalancer::tcp_address() const { return "127.0.0.1:" + std::to_string(tcp_port_); }

}  // namespace holdfast::testing
