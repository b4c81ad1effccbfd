// Connection: calls to the balancer, each with a deadline.
#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/invocation.h"

namespace holdfast::cli {

class Connection {
 public:
  // The server of `invocation` is "host:port" or "unix:/path". Nothing is sent
  // before the first call.
  explicit Connection(const Invocation& invocation);

  // Calls a method of a generated Stub: Call(&v1::AdminService::Stub::ListTargets,
  // request). INVALID_ARGUMENT, NOT_FOUND and ALREADY_EXISTS carry the balancer's own
  // words; any other error says what to do about the connection.
  template <typename Stub, typename Request, typename Response>
  absl::StatusOr<Response> Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                             Response*),
                                const Request& request) const {
    grpc::ClientContext context;
    context.set_deadline(Deadline());
    Response response;
    Stub stub(channel_);
    const absl::Status status = ToStatus((stub.*method)(&context, request, &response));
    if (!status.ok()) return status;
    return response;
  }

  // The same of a method that streams: all of its messages, or the error.
  template <typename Stub, typename Request, typename Response>
  absl::StatusOr<std::vector<Response>> Collect(
      std::unique_ptr<grpc::ClientReader<Response>> (Stub::*method)(grpc::ClientContext*,
                                                                    const Request&),
      const Request& request) const {
    grpc::ClientContext context;
    context.set_deadline(Deadline());
    Stub stub(channel_);
    const auto reader = (stub.*method)(&context, request);
    std::vector<Response> responses;
    for (Response response; reader->Read(&response);) responses.push_back(response);
    const absl::Status status = ToStatus(reader->Finish());
    if (!status.ok()) return status;
    return responses;
  }

  // The same of one that goes on for up to `duration`: visit(message) for each, until it is
  // false. `context` may be cancelled by another thread. RESOURCE_EXHAUSTED carries the
  // balancer's own words, too.
  template <typename Stub, typename Request, typename Response, typename Visit>
  absl::Status Follow(std::unique_ptr<grpc::ClientReader<Response>> (Stub::*method)(
                          grpc::ClientContext*, const Request&),
                      const Request& request, grpc::ClientContext& context, absl::Duration duration,
                      Visit visit) const {
    context.set_deadline(Deadline() + absl::ToChronoSeconds(duration));
    Stub stub(channel_);
    const auto reader = (stub.*method)(&context, request);
    for (Response response; reader->Read(&response);)
      if (!visit(response)) context.TryCancel();
    const grpc::Status status = reader->Finish();
    if (status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED)
      return absl::ResourceExhaustedError(status.error_message());
    return ToStatus(status);
  }

 private:
  [[nodiscard]] std::chrono::system_clock::time_point Deadline() const;
  [[nodiscard]] absl::Status ToStatus(const grpc::Status& status) const;

  std::string server_;
  absl::Duration timeout_;
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace holdfast::cli
