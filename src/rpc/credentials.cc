#include "rpc/credentials.h"

namespace holdfast {

std::shared_ptr<grpc::ServerCredentials> MakeServerCredentials(const config::Control& /*control*/) {
  return grpc::InsecureServerCredentials();
}

}  // namespace holdfast
