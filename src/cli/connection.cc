#include "cli/connection.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace holdfast::cli {
namespace {

constexpr int kNoLimit = -1;

std::shared_ptr<grpc::Channel> ChannelTo(const std::string& server) {
  grpc::ChannelArguments arguments;
  // A proxy of this shell is for the web; it does not know the balancer.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetMaxReceiveMessageSize(kNoLimit);
  return grpc::CreateCustomChannel(server, grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace

Connection::Connection(const Invocation& invocation)
    : server_(invocation.server),
      timeout_(invocation.timeout),
      channel_(ChannelTo(invocation.server)) {}

std::chrono::system_clock::time_point Connection::Deadline() const {
  return absl::ToChronoTime(absl::Now() + timeout_);
}

absl::Status Connection::ToStatus(const grpc::Status& status) const {
  const auto code = static_cast<absl::StatusCode>(status.error_code());
  const std::string& message = status.error_message();
  switch (code) {
    case absl::StatusCode::kOk:
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
      return {code, message};
    case absl::StatusCode::kUnavailable:
      return {code, absl::StrCat("cannot reach the balancer at ", server_, ": ", message,
                                 ". Is holdfastd running? --server or HOLDFAST_SERVER names "
                                 "another address.")};
    case absl::StatusCode::kDeadlineExceeded:
      return {code, absl::StrCat("the balancer at ", server_, " did not answer within ",
                                 absl::FormatDuration(timeout_),
                                 ". Is the address right? --timeout lets it take longer.")};
    default:
      return {code, absl::StrCat("the balancer at ", server_, " failed with ",
                                 absl::StatusCodeToString(code), ": ", message,
                                 ". Its log may say more.")};
  }
}

}  // namespace holdfast::cli
