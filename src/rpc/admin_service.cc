#include "rpc/admin_service.h"

#include <utility>

#include "absl/strings/match.h"
#include "rpc/explain_wire.h"
#include "rpc/find_by_name.h"
#include "rpc/on_loop.h"
#include "rpc/to_wire.h"

namespace holdfast {

grpc::ServerUnaryReactor* AdminService::ListServices(grpc::CallbackServerContext* /*context*/,
                                                     const v1::ListServicesRequest* /*request*/,
                                                     v1::ListServicesResponse* response) {
  return OnLoop(*parts_.loop, [this, response] {
    for (const auto& service : parts_.directory->Services())
      *response->add_services() = ToWire(service, parts_.affinities->CountOf(service.slot));
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* AdminService::ListTargets(grpc::CallbackServerContext* /*context*/,
                                                    const v1::ListTargetsRequest* /*request*/,
                                                    v1::ListTargetsResponse* response) {
  return OnLoop(*parts_.loop, [this, response] {
    for (const auto& target : parts_.directory->Targets())
      *response->add_targets() = Describe(target);
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* AdminService::SetTargetState(grpc::CallbackServerContext* context,
                                                       const v1::SetTargetStateRequest* request,
                                                       v1::SetTargetStateResponse* response) {
  auto wanted = FromWire(*request);
  if (!wanted.ok()) return Refused(context, wanted.status());
  return OnLoop(*parts_.loop, [this, wanted = *std::move(wanted), response] {
    return SetState(wanted, *response);
  });
}

absl::Status AdminService::SetState(const TargetStateRequest& request,
                                    v1::SetTargetStateResponse& response) {
  const auto before = FindByName("target", request.target, parts_.directory->Targets());
  if (!before.ok()) return before.status();
  const auto now = parts_.directory->SetState(request.target, request.state);
  if (!now.ok()) return now.status();
  parts_.publish();
  *response.mutable_target() = Describe(*now);
  response.set_previous_state(ToWire(before->state));
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* AdminService::GetCounters(grpc::CallbackServerContext* /*context*/,
                                                    const v1::GetCountersRequest* request,
                                                    v1::GetCountersResponse* response) {
  return OnLoop(*parts_.loop, [this, request, response] {
    for (const Family& family : parts_.counters()) {
      if (!absl::StartsWith(family.name, request->name_prefix())) continue;
      for (const NamedValue& value : ValuesOf(family)) *response->add_samples() = ToWire(value);
    }
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* AdminService::Explain(grpc::CallbackServerContext* context,
                                                const v1::ExplainRequest* request,
                                                v1::ExplainResponse* response) {
  const auto question = FromWire(*request);
  if (!question.ok()) return Refused(context, question.status());
  return OnLoop(*parts_.loop, [this, question = *question, response] {
    const auto explanation = parts_.explainer->Explain(question);
    if (!explanation.ok()) return explanation.status();
    ToWire(*explanation, *response);
    return absl::OkStatus();
  });
}

v1::Target AdminService::Describe(const TargetDirectory::TargetInfo& target) const {
  return ToWire(target, parts_.neighbours->Find(target.handle.slot()),
                parts_.affinities->CountOf(target.handle));
}

}  // namespace holdfast
