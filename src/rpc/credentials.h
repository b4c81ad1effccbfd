// Who may speak to the control plane: where TLS and roles (A0) will come in.
#pragma once

#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "config/balancer_config.h"

namespace holdfast {

// Without TLS. The rules of the configuration see to it that only loopback and
// Unix sockets are listened on then, unless an operator said insecure: true.
std::shared_ptr<grpc::ServerCredentials> MakeServerCredentials(const config::Control& control);

}  // namespace holdfast
