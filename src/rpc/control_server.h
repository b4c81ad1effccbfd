// ControlServer: the gRPC control plane: affinities, administration, the standard
// health service and server reflection.
#pragma once

#include <grpcpp/server.h>

#include <memory>

#include "absl/status/statusor.h"
#include "config/balancer_config.h"
#include "rpc/admin_service.h"
#include "rpc/affinity_service.h"
#include "rpc/control_parts.h"

namespace holdfast {

class ControlServer {
 public:
  using Parts = ControlParts;

  // Serves on all addresses of `control.listen` before it returns. None: nothing
  // listens, and nobody can speak to this balancer. 0.0.0.0 and [::] are every
  // address of both families. A Unix socket has mode 0660. The error names the
  // address that cannot be listened on, and what to do.
  //
  // One thread, before others create files: the umask is another for a moment.
  static absl::StatusOr<std::unique_ptr<ControlServer>> Start(const config::Control& control,
                                                              const Parts& parts);
  ~ControlServer() { Stop(); }
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  // Health is NOT_SERVING, no call is taken any more, those that run end within
  // 500 ms or are cancelled; socket files are removed. Returns when no call is
  // left. While the loop runs, calls are answered; when it has stopped or never
  // ran, they end as UNAVAILABLE. Not twice at the same time.
  void Stop();

 private:
  explicit ControlServer(const Parts& parts) : affinity_service_(parts), admin_service_(parts) {}
  absl::Status Listen(const config::Control& control);

  AffinityService affinity_service_;
  AdminService admin_service_;
  std::unique_ptr<grpc::Server> server_;  // null: listens nowhere
};

}  // namespace holdfast
