#include "rpc/control_server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/server_builder.h>
#include <sys/stat.h>

#include <chrono>
#include <utility>

#include "absl/memory/memory.h"
#include "rpc/credentials.h"
#include "rpc/listen_probe.h"

namespace holdfast {
namespace {

// The text of a configuration with thousands of targets and services is below this.
constexpr int kLargestRequest = 4 * 1024 * 1024;
constexpr std::chrono::milliseconds kPatience(500);
// Leaves 0660 of a socket file, from its first moment on.
constexpr mode_t kSocketUmask = 0117;

class Umask {
 public:
  explicit Umask(mode_t mask) : before_(umask(mask)) {}
  Umask(const Umask&) = delete;
  Umask& operator=(const Umask&) = delete;
  ~Umask() { umask(before_); }

 private:
  const mode_t before_;
};

absl::Status ProbeAll(const config::Control& control) {
  for (const config::ListenAddress& listen : control.listen)
    if (auto probed = ProbeListen(listen); !probed.ok()) return probed;
  return absl::OkStatus();
}

void AddListeningPorts(const config::Control& control, grpc::ServerBuilder& builder) {
  // Otherwise two servers share a port, and each gets some of the calls.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  for (const config::ListenAddress& listen : control.listen)
    builder.AddListeningPort(listen.text, MakeServerCredentials(control));
}

}  // namespace

absl::StatusOr<std::unique_ptr<ControlServer>> ControlServer::Start(const config::Control& control,
                                                                    const Parts& parts) {
  auto server = absl::WrapUnique(new ControlServer(parts));
  if (control.listen.empty()) return server;
  if (auto listening = server->Listen(control); !listening.ok()) return listening;
  return server;
}

absl::Status ControlServer::Listen(const config::Control& control) {
  if (auto probed = ProbeAll(control); !probed.ok()) return probed;
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  AddListeningPorts(control, builder);
  builder.SetMaxReceiveMessageSize(kLargestRequest);
  builder.RegisterService(&affinity_service_);
  builder.RegisterService(&admin_service_);
  const Umask mask(kSocketUmask);
  server_ = builder.BuildAndStart();
  if (server_) return absl::OkStatus();
  // Somebody may have come in between; then the reason is known now.
  if (auto probed = ProbeAll(control); !probed.ok()) return probed;
  return absl::InvalidArgumentError(
      "control.listen: each address is free, but not all of them at once: let no two overlap, as "
      "0.0.0.0 overlaps every other address with the same port");
}

void ControlServer::Stop() {
  if (!server_) return;
  server_->GetHealthCheckService()->SetServingStatus(false);
  server_->Shutdown(std::chrono::system_clock::now() + kPatience);
  server_.reset();
}

}  // namespace holdfast
