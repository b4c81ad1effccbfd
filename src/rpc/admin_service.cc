#include "rpc/admin_service.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "control/health_change.h"
#include "rpc/capture_stream.h"
#include "rpc/capture_wire.h"
#include "rpc/explain_wire.h"
#include "rpc/find_by_name.h"
#include "rpc/on_loop.h"
#include "rpc/refused_stream.h"
#include "rpc/to_wire.h"
#include "tables/method_chooser.h"

namespace holdfast {
namespace {

// And into the services that are named.
absl::Status AddTarget(const v1::CreateTargetRequest& request, config::Draft& draft) {
  absl::Status added = draft.AddTarget(request.target());
  v1::ServiceTargetConfig member;
  member.set_target(request.target().name());
  if (request.has_weight()) member.set_weight(request.weight());
  for (const std::string& service : request.services())
    if (added.ok()) added = draft.SetServiceTarget(service, member);
  return added;
}

}  // namespace

grpc::ServerUnaryReactor* AdminService::ListServices(grpc::CallbackServerContext* /*context*/,
                                                     const v1::ListServicesRequest* /*request*/,
                                                     v1::ListServicesResponse* response) {
  return OnLoop(*parts_.loop, [this, response] {
    for (const auto& service : parts_.directory->Services())
      *response->add_services() = Describe(service);
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

grpc::ServerUnaryReactor* AdminService::GetTarget(grpc::CallbackServerContext* /*context*/,
                                                  const v1::GetTargetRequest* request,
                                                  v1::GetTargetResponse* response) {
  return OnLoop(*parts_.loop, [this, request, response] {
    const auto target = FindByName("target", request->target(), parts_.directory->Targets());
    if (!target.ok()) return target.status();
    *response->mutable_target() = Describe(*target);
    response->set_connections(
        MethodChooser::ConnectionsOf(parts_.connection_tables, target->handle));
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* AdminService::SetTargetState(grpc::CallbackServerContext* context,
                                                       const v1::SetTargetStateRequest* request,
                                                       v1::SetTargetStateResponse* response) {
  auto wanted = FromWire(*request);
  if (!wanted.ok()) return Answered(context, wanted.status());
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
  parts_.affinities->EndOrphans();
  parts_.publish();
  *response.mutable_target() = Describe(*now);
  response.set_previous_state(ToWire(before->state));
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* AdminService::SetTargetHealth(grpc::CallbackServerContext* context,
                                                        const v1::SetTargetHealthRequest* request,
                                                        v1::SetTargetHealthResponse* response) {
  auto wanted = FromWire(*request);
  if (!wanted.ok()) return Answered(context, wanted.status());
  return OnLoop(*parts_.loop, [this, wanted = *std::move(wanted), response] {
    return SetHealth(wanted, *response);
  });
}

absl::Status AdminService::SetHealth(const TargetHealthRequest& request,
                                     v1::SetTargetHealthResponse& response) {
  const auto ended =
      PutIntoForce({request.service, request.target, request.health, HealthSource::kOperator},
                   {*parts_.directory, *parts_.affinities, parts_.publish});
  if (!ended.ok()) return ended.status();
  response.set_affinities_ended(*ended);
  const auto service = FindByName("service", request.service, parts_.directory->Services());
  if (!service.ok()) return service.status();
  const auto target = FindByName("target", request.target, service->targets);
  if (!target.ok()) return target.status();
  *response.mutable_target() = ToWire(*target);
  response.set_panic(service->in_panic);
  return absl::OkStatus();
}

// The text is read on gRPC's thread: that may take longer than the loop has.
grpc::ServerUnaryReactor* AdminService::ApplyConfig(grpc::CallbackServerContext* context,
                                                    const v1::ApplyConfigRequest* request,
                                                    v1::ConfigChange* response) {
  auto wanted = FromWire(*request);
  if (!wanted.ok()) return Answered(context, wanted.status());
  if (const auto* mistakes = std::get_if<std::vector<config::Mistake>>(&wanted->config)) {
    ToWire(*mistakes, *response);
    return Answered(context, absl::OkStatus());
  }
  const std::string by = absl::StrCat("config apply of ", wanted->file, " by ", context->peer());
  auto next = std::get<config::BalancerConfig>(std::move(wanted->config));
  return OnLoop(
      *parts_.loop, [this, next = std::move(next), dry_run = wanted->dry_run, by, response] {
        const auto answer =
            dry_run ? parts_.configuration->Judge(next) : parts_.configuration->Apply(next, by);
        ToWire(answer, dry_run, *response);
        return absl::OkStatus();
      });
}

// gRPC keeps requests until their calls end, so that `edit` may refer to them.
grpc::ServerUnaryReactor* AdminService::Change(grpc::CallbackServerContext* context,
                                               absl::string_view what,
                                               std::function<absl::Status(config::Draft&)> edit,
                                               v1::ConfigChange* response) {
  const std::string by = absl::StrCat(what, " by ", context->peer());
  return OnLoop(*parts_.loop, [this, by, edit = std::move(edit), response]() -> absl::Status {
    config::Draft draft(parts_.configuration->now());
    if (auto edited = edit(draft); !edited.ok()) return edited;
    auto next = draft.Check();
    if (!next.ok()) return next.status();
    ToWire(parts_.configuration->Apply(*std::move(next), by), /*dry_run=*/false, *response);
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* AdminService::CreateTarget(grpc::CallbackServerContext* context,
                                                     const v1::CreateTargetRequest* request,
                                                     v1::ConfigChange* response) {
  return Change(
      context, "CreateTarget",
      [request](config::Draft& draft) { return AddTarget(*request, draft); }, response);
}

grpc::ServerUnaryReactor* AdminService::UpdateTarget(grpc::CallbackServerContext* context,
                                                     const v1::UpdateTargetRequest* request,
                                                     v1::ConfigChange* response) {
  return Change(
      context, "UpdateTarget",
      [request](config::Draft& draft) {
        return draft.UpdateTarget(request->target(), request->update_mask());
      },
      response);
}

grpc::ServerUnaryReactor* AdminService::DeleteTarget(grpc::CallbackServerContext* context,
                                                     const v1::DeleteTargetRequest* request,
                                                     v1::ConfigChange* response) {
  return Change(
      context, "DeleteTarget",
      [request](config::Draft& draft) { return draft.RemoveTarget(request->target()); }, response);
}

grpc::ServerUnaryReactor* AdminService::CreateService(grpc::CallbackServerContext* context,
                                                      const v1::CreateServiceRequest* request,
                                                      v1::ConfigChange* response) {
  return Change(
      context, "CreateService",
      [request](config::Draft& draft) { return draft.AddService(request->service()); }, response);
}

grpc::ServerUnaryReactor* AdminService::UpdateService(grpc::CallbackServerContext* context,
                                                      const v1::UpdateServiceRequest* request,
                                                      v1::ConfigChange* response) {
  return Change(
      context, "UpdateService",
      [request](config::Draft& draft) {
        return draft.UpdateService(request->service(), request->update_mask());
      },
      response);
}

grpc::ServerUnaryReactor* AdminService::DeleteService(grpc::CallbackServerContext* context,
                                                      const v1::DeleteServiceRequest* request,
                                                      v1::ConfigChange* response) {
  return Change(
      context, "DeleteService",
      [request](config::Draft& draft) { return draft.RemoveService(request->service()); },
      response);
}

grpc::ServerUnaryReactor* AdminService::SetServiceTarget(grpc::CallbackServerContext* context,
                                                         const v1::SetServiceTargetRequest* request,
                                                         v1::ConfigChange* response) {
  return Change(
      context, "SetServiceTarget",
      [request](config::Draft& draft) {
        return draft.SetServiceTarget(request->service(), request->target());
      },
      response);
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
  if (!question.ok()) return Answered(context, question.status());
  return OnLoop(*parts_.loop, [this, question = *question, response] {
    const auto explanation = parts_.explainer->Explain(question);
    if (!explanation.ok()) return explanation.status();
    ToWire(*explanation, *response);
    return absl::OkStatus();
  });
}

grpc::ServerWriteReactor<v1::CaptureResponse>* AdminService::Capture(
    grpc::CallbackServerContext* context, const v1::CaptureRequest* request) {
  auto order = FromWire(*request);
  if (!order.ok()) return new RefusedStream<v1::CaptureResponse>(order.status());
  return new CaptureStream(*parts_.loop, *parts_.captures, *std::move(order), context->peer());
}

v1::Target AdminService::Describe(const TargetDirectory::TargetInfo& target) const {
  v1::Target wire = ToWire(target, parts_.neighbours->Find(target.handle.slot()),
                           parts_.affinities->CountOf(target.handle));
  for (const std::string& service : target.services)
    if (const auto* pair = HealthOf(service, target.name))
      *wire.add_health() = ToWire(service, *pair);
  return wire;
}

v1::Service AdminService::Describe(const TargetDirectory::ServiceInfo& service) const {
  v1::Service wire = ToWire(service, parts_.affinities->CountOf(service.slot));
  for (v1::ServiceTarget& target : *wire.mutable_targets())
    if (const auto* pair = HealthOf(service.name, target.name()))
      *target.mutable_health() = ToWire(service.name, *pair);
  return wire;
}

const HealthChecks::Pair* AdminService::HealthOf(const std::string& service,
                                                 const std::string& target) const {
  return parts_.health == nullptr ? nullptr : parts_.health->Find(service, target);
}

}  // namespace holdfast
