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

 private:
  [[nodiscard]] std::chrono::system_clock::time_point Deadline() const;
  [[nodiscard]] absl::Status ToStatus(const grpc::Status& status) const;

  std::string server_;
  absl::Duration timeout_;
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace holdfast::cli
