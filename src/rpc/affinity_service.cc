#include "rpc/affinity_service.h"

#include <memory>
#include <optional>
#include <utility>

#include "rpc/affinity_stream.h"
#include "rpc/from_wire.h"
#include "rpc/on_loop.h"
#include "rpc/refused_stream.h"
#include "rpc/to_wire.h"

namespace holdfast {
namespace {

constexpr std::size_t kAffinitiesInSlice = 4096;

// Those of the target that follow its reports.
void NameFollowers(const TargetDirectory& directory, const std::string& target,
                   v1::ReportLoadResponse& response) {
  for (const auto& service : directory.Services())
    for (const auto& member : service.targets)
      if (member.name == target && service.method == BalancingMethod::kReportedCapacity)
        response.add_services(service.name);
}

}  // namespace

grpc::ServerUnaryReactor* AffinityService::StartAffinity(grpc::CallbackServerContext* context,
                                                         const v1::StartAffinityRequest* request,
                                                         v1::StartAffinityResponse* response) {
  auto start = FromWire(*request);
  if (!start.ok()) return Answered(context, start.status());
  return OnLoop(loop_, [this, start = *std::move(start), request, response] {
    ToWire(*request, affinities_.Start(start.selector, start.target, start.terms), *response);
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* AffinityService::EndAffinity(grpc::CallbackServerContext* context,
                                                       const v1::EndAffinityRequest* request,
                                                       v1::EndAffinityResponse* response) {
  auto end = FromWire(*request);
  if (!end.ok()) return Answered(context, end.status());
  if (end->scope.include_narrower) return EndWidely(*std::move(end), request, response);
  return OnLoop(loop_, [this, end = *std::move(end), request, response] {
    ToWire(*request, affinities_.End(end.selector, end.target, end.scope.allow_partial), *response);
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* AffinityService::EndWidely(EndRequest end,
                                                     const v1::EndAffinityRequest* request,
                                                     v1::EndAffinityResponse* response) {
  auto wide = std::make_shared<AffinityManager::WideEnd>(
      std::move(end.selector), std::move(end.target), end.scope.allow_partial);
  return OnLoopInSlices(loop_, [=, this]() -> std::optional<absl::Status> {
    const auto answer = affinities_.Continue(*wide, kAffinitiesInSlice);
    if (!answer) return std::nullopt;
    ToWire(*request, *answer, *response);
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* AffinityService::ReportLoad(grpc::CallbackServerContext* context,
                                                      const v1::ReportLoadRequest* request,
                                                      v1::ReportLoadResponse* response) {
  auto report = FromWire(*request);
  if (!report.ok()) return Answered(context, report.status());
  return OnLoop(loop_, [this, report = *std::move(report), response] {
    const auto granted = load_reports_.Take(report.target, report.capacity, report.valid_for);
    if (!granted.ok()) return granted.status();
    *response->mutable_granted() = ToWire(*granted);
    NameFollowers(directory_, report.target, *response);
    return absl::OkStatus();
  });
}

grpc::ServerWriteReactor<v1::ListAffinitiesResponse>* AffinityService::ListAffinities(
    grpc::CallbackServerContext* /*context*/, const v1::ListAffinitiesRequest* request) {
  auto list = FromWire(*request);
  if (!list.ok()) return new RefusedStream<v1::ListAffinitiesResponse>(list.status());
  return new AffinityStream(loop_, directory_, affinities_, *std::move(list));
}

}  // namespace holdfast
