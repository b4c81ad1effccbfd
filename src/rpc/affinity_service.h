// AffinityService: proto/holdfast/v1/affinity.proto, asked of the management loop.
#pragma once

#include "holdfast/v1/affinity.grpc.pb.h"
#include "rpc/control_parts.h"
#include "rpc/from_wire.h"

namespace holdfast {

// Malformed requests are refused on gRPC's thread and cost the loop nothing.
class AffinityService final : public v1::AffinityService::CallbackService {
 public:
  explicit AffinityService(const ControlParts& parts)
      : loop_(*parts.loop),
        directory_(*parts.directory),
        affinities_(*parts.affinities),
        load_reports_(*parts.load_reports) {}

  grpc::ServerUnaryReactor* StartAffinity(grpc::CallbackServerContext* context,
                                          const v1::StartAffinityRequest* request,
                                          v1::StartAffinityResponse* response) override;
  grpc::ServerUnaryReactor* EndAffinity(grpc::CallbackServerContext* context,
                                        const v1::EndAffinityRequest* request,
                                        v1::EndAffinityResponse* response) override;
  grpc::ServerUnaryReactor* ReportLoad(grpc::CallbackServerContext* context,
                                       const v1::ReportLoadRequest* request,
                                       v1::ReportLoadResponse* response) override;
  grpc::ServerWriteReactor<v1::ListAffinitiesResponse>* ListAffinities(
      grpc::CallbackServerContext* context, const v1::ListAffinitiesRequest* request) override;

 private:
  grpc::ServerUnaryReactor* EndWidely(EndRequest end, const v1::EndAffinityRequest* request,
                                      v1::EndAffinityResponse* response);

  ManagementLoop& loop_;
  const TargetDirectory& directory_;
  AffinityManager& affinities_;
  LoadReports& load_reports_;
};

}  // namespace holdfast
