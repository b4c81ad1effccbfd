// MetricsServer: the HTTP endpoint that Prometheus scrapes, "/metrics".
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "base/stream_socket.h"
#include "config/balancer_config.h"
#include "telemetry/metric_source.h"

namespace prometheus {
class Collectable;
class Exposer;
}  // namespace prometheus

namespace holdfast {

class MetricsServer {
 public:
  // Answers on threads of its own until it is destroyed; each scrape gathers anew.
  // REQUIRES: a TCP address with a port, IPv4 (the HTTP library has no IPv6).
  //   UNAVAILABLE  the address cannot be listened on: which, why and what to do
  static absl::StatusOr<std::unique_ptr<MetricsServer>> Start(const config::ListenAddress& listen,
                                                              const MetricSource& source);
  ~MetricsServer();

 private:
  MetricsServer(const config::ListenAddress& listen, std::unique_ptr<prometheus::Exposer> exposer,
                const MetricSource& source);

  const SocketAddress address_;
  std::unique_ptr<prometheus::Exposer> exposer_;
  std::shared_ptr<prometheus::Collectable> collector_;
};

}  // namespace holdfast
