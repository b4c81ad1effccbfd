#include "telemetry/metrics_server.h"

#include <netinet/in.h>
#include <prometheus/collectable.h>
#include <prometheus/exposer.h>
#include <prometheus/metric_family.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace holdfast {
namespace {

prometheus::ClientMetric ToPrometheus(const Sample& sample, MetricKind kind) {
  prometheus::ClientMetric metric;
  for (const auto& [name, value] : sample.labels) metric.label.push_back({name, value});
  (kind == MetricKind::kCounter ? metric.counter.value : metric.gauge.value) = sample.value;
  return metric;
}

prometheus::MetricFamily ToPrometheus(const Family& family) {
  prometheus::MetricFamily converted{family.name,
                                     family.help,
                                     family.kind == MetricKind::kCounter
                                         ? prometheus::MetricType::Counter
                                         : prometheus::MetricType::Gauge,
                                     {}};
  for (const Sample& sample : family.samples)
    converted.metric.push_back(ToPrometheus(sample, family.kind));
  return converted;
}

class Collector final : public prometheus::Collectable {
 public:
  explicit Collector(MetricSource source) : source_(std::move(source)) {}
  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override {
    std::vector<prometheus::MetricFamily> converted;
    for (const Family& family : source_.Gather()) converted.push_back(ToPrometheus(family));
    return converted;
  }

 private:
  MetricSource source_;
};

std::string AddressOf(const config::ListenAddress& listen) {
  const std::string host = listen.address.ToString();
  return listen.address.IsV4() ? absl::StrCat(host, ":", listen.port)
                               : absl::StrCat("[", host, "]:", listen.port);
}

// 0, or the errno of binding to the address.
int TryToBind(const config::ListenAddress& listen) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(listen.port);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(listen.port);
  std::memcpy(&v6.sin6_addr, listen.address.bytes().data(), sizeof v6.sin6_addr);
  const bool is_v4 = listen.address.IsV4();
  if (is_v4) v4.sin_addr.s_addr = htonl(listen.address.V4());

  const int fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const auto* address =
      is_v4 ? reinterpret_cast<const sockaddr*>(&v4) : reinterpret_cast<const sockaddr*>(&v6);
  const int error = bind(fd, address, is_v4 ? sizeof v4 : sizeof v6) == 0 ? 0 : errno;
  close(fd);
  return error;
}

// The HTTP server says only that it failed, so its step is taken again.
std::string WhyNot(const config::ListenAddress& listen, const std::exception& failure) {
  if (const int error = TryToBind(listen); error != 0) return std::strerror(error);
  if (!listen.address.IsV4()) return "the HTTP library that this was built with has no IPv6";
  return failure.what();
}

}  // namespace

absl::StatusOr<std::unique_ptr<MetricsServer>> MetricsServer::Start(
    const config::ListenAddress& listen, const MetricSource& source) {
  const std::string address = AddressOf(listen);
  try {
    auto exposer = std::make_unique<prometheus::Exposer>(address);
    return std::unique_ptr<MetricsServer>(new MetricsServer(std::move(exposer), source));
  } catch (const std::exception& failure) {
    return absl::UnavailableError(absl::StrCat(
        "metrics: cannot listen on ", address, ": ", WhyNot(listen, failure),
        ". Set metrics.listen in balancer.yaml to an address of this machine and a port that is "
        "free, or to \"\" for no metrics endpoint"));
  }
}

MetricsServer::MetricsServer(std::unique_ptr<prometheus::Exposer> exposer,
                             const MetricSource& source)
    : exposer_(std::move(exposer)), collector_(std::make_shared<Collector>(source)) {
  exposer_->RegisterCollectable(collector_);
}

MetricsServer::~MetricsServer() = default;

}  // namespace holdfast
