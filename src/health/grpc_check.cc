#include "health/grpc_check.h"

#include <grpcpp/create_channel_posix.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "health/http_check.h"

namespace holdfast {
namespace {

constexpr char kMethod[] = "/grpc.health.v1.Health/Check";
constexpr int kLargestAnswer = 4096;
constexpr std::uint64_t kServing = 1;

// The two messages of grpc.health.v1 are one field each: not worth a schema of our own, which
// the one in gRPC's own library would collide with.
void AppendVarint(std::uint64_t value, std::string& out) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

// HealthCheckRequest: string service = 1.
grpc::ByteBuffer RequestFor(const std::string& service) {
  std::string bytes;
  if (!service.empty()) {
    bytes.push_back(0x0a);
    AppendVarint(service.size(), bytes);
    bytes += service;
  }
  const grpc::Slice slice(bytes);
  return {&slice, 1};
}

// HealthCheckResponse: ServingStatus status = 1, an enum; 0, UNKNOWN, when it is not there.
std::uint64_t StatusIn(const grpc::ByteBuffer& response) {
  std::vector<grpc::Slice> slices;
  if (!response.Dump(&slices).ok()) return 0;
  std::string bytes;
  for (const grpc::Slice& slice : slices)
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return bytes.size() >= 2 && bytes[0] == 0x08 ? static_cast<std::uint8_t>(bytes[1]) : 0;
}

std::string NameOfStatus(std::uint64_t status) {
  constexpr const char* kNames[] = {"UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"};
  return status < std::size(kNames) ? kNames[status] : absl::StrCat(status);
}

ProbeResult Judge(std::uint64_t id, const grpc::Status& status, const grpc::ByteBuffer& response) {
  if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED)
    return {id, ProbeOutcome::kTimeout, "no answer by gRPC in time"};
  if (!status.ok())
    return {id, ProbeOutcome::kError,
            absl::StrCat("gRPC error ", static_cast<int>(status.error_code()), ": ",
                         status.error_message())};
  const std::uint64_t serving = StatusIn(response);
  if (serving == kServing) return {id, ProbeOutcome::kOk, ""};
  return {id, ProbeOutcome::kStatus, absl::StrCat("gRPC health ", NameOfStatus(serving))};
}

std::shared_ptr<grpc::Channel> ChannelOver(int descriptor, const ProbeOrder& order) {
  grpc::ChannelArguments arguments;
  arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, AuthorityOf(order));
  arguments.SetMaxReceiveMessageSize(kLargestAnswer);
  return grpc::CreateCustomInsecureChannelFromFd(AuthorityOf(order), descriptor, arguments);
}

// gRPC ends the threads that answer calls, and waits for them, when the last channel goes that
// had such a call: which must not be on one of them, as it would be when a check that was given
// up ends. So one channel stays for good. Nobody is at its other end.
class AnsweringThreads {
 public:
  static void Keep() {
    // Never destroyed: who knows what of gRPC is still there then.
    static union Place {
      Place() : threads() {}
      ~Place() {}
      AnsweringThreads threads;
    } place;
  }

 private:
  AnsweringThreads() {
    stub_.UnaryCall(&context_, kMethod, grpc::StubOptions(), &request_, &response_,
                    [](const grpc::Status&) {});
  }

  grpc::GenericStub stub_{grpc::CreateChannel("nobody", nullptr)};
  grpc::ClientContext context_;
  grpc::ByteBuffer request_ = RequestFor("");
  grpc::ByteBuffer response_;
};

}  // namespace

// gRPC holds it as well, until it has answered.
class GrpcCheck::Call : public std::enable_shared_from_this<Call> {
 public:
  Call(const ProbeOrder& order, int descriptor)
      : id_(order.id),
        channel_(ChannelOver(descriptor, order)),
        stub_(channel_),
        request_(RequestFor(order.check.grpc_service)) {}

  void Begin(absl::Duration patience, std::function<void(const ProbeResult&)> answer) {
    context_.set_deadline(std::chrono::system_clock::now() + absl::ToChronoMicroseconds(patience));
    stub_.UnaryCall(
        &context_, kMethod, grpc::StubOptions(), &request_, &response_,
        [self = shared_from_this(), answer = std::move(answer)](const grpc::Status& status) {
          answer(Judge(self->id_, status, self->response_));
        });
  }
  void GiveUp() { context_.TryCancel(); }

 private:
  const std::uint64_t id_;
  const std::shared_ptr<grpc::Channel> channel_;
  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
};

GrpcCheck::GrpcCheck(const ProbeOrder& order, int descriptor, absl::Duration patience,
                     std::function<void(const ProbeResult&)> answer)
    : call_(std::make_shared<Call>(order, descriptor)) {
  AnsweringThreads::Keep();
  call_->Begin(patience, std::move(answer));
}

GrpcCheck::~GrpcCheck() { call_->GiveUp(); }

}  // namespace holdfast
