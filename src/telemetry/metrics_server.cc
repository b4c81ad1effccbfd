#include "telemetry/metrics_server.h"

#include <prometheus/collectable.h>
#include <prometheus/exposer.h>
#include <prometheus/metric_family.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <exception>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/stream_socket.h"

namespace holdfast {
namespace {

prometheus::MetricType ToPrometheus(MetricKind kind) {
  switch (kind) {
    case MetricKind::kCounter:
      return prometheus::MetricType::Counter;
    case MetricKind::kGauge:
      return prometheus::MetricType::Gauge;
    case MetricKind::kHistogram:
      return prometheus::MetricType::Histogram;
  }
  return prometheus::MetricType::Untyped;
}

prometheus::ClientMetric::Histogram HistogramOf(const Sample& sample) {
  prometheus::ClientMetric::Histogram histogram;
  histogram.sample_sum = sample.value;
  histogram.sample_count = sample.buckets.back().count;
  for (const SampleBucket& bucket : sample.buckets)
    histogram.bucket.push_back({bucket.count, bucket.at_most});
  return histogram;
}

prometheus::ClientMetric ToPrometheus(const Sample& sample, MetricKind kind) {
  prometheus::ClientMetric metric;
  for (const auto& [name, value] : sample.labels) metric.label.push_back({name, value});
  if (kind == MetricKind::kHistogram)
    metric.histogram = HistogramOf(sample);
  else
    (kind == MetricKind::kCounter ? metric.counter.value : metric.gauge.value) = sample.value;
  return metric;
}

prometheus::MetricFamily ToPrometheus(const Family& family) {
  prometheus::MetricFamily converted{family.name, family.help, ToPrometheus(family.kind), {}};
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
  return absl::StrCat(listen.address.ToString(), ":", listen.port);
}

// Who connects and says nothing, or takes nothing, is let go after a second: such a
// one holds a thread of few, and the end of the server.
std::vector<std::string> ExposerOptions(const std::string& address) {
  return {"listening_ports", address, "num_threads", "4", "request_timeout_ms", "1000"};
}

// The HTTP server says only that it failed, so its step is taken again.
std::string WhyNot(const config::ListenAddress& listen, const std::exception& failure) {
  if (const int error = TryToBind(SocketAddress::Tcp(listen.address, listen.port)); error != 0)
    return std::strerror(error);
  return failure.what();
}

}  // namespace

absl::StatusOr<std::unique_ptr<MetricsServer>> MetricsServer::Start(
    const config::ListenAddress& listen, const MetricSource& source) {
  const std::string address = AddressOf(listen);
  try {
    auto exposer = std::make_unique<prometheus::Exposer>(ExposerOptions(address));
    return std::unique_ptr<MetricsServer>(new MetricsServer(listen, std::move(exposer), source));
  } catch (const std::exception& failure) {
    return absl::UnavailableError(absl::StrCat(
        "metrics: cannot listen on ", address, ": ", WhyNot(listen, failure),
        ". Set metrics.listen in balancer.yaml to an address of this machine and a port that is "
        "free, or to \"\" for no metrics endpoint"));
  }
}

MetricsServer::MetricsServer(const config::ListenAddress& listen,
                             std::unique_ptr<prometheus::Exposer> exposer,
                             const MetricSource& source)
    : address_(SocketAddress::Tcp(listen.address, listen.port)),
      exposer_(std::move(exposer)),
      collector_(std::make_shared<Collector>(source)) {
  exposer_->RegisterCollectable(collector_);
}

// The HTTP library looks every two seconds whether it is to stop, and whenever
// somebody knocks.
MetricsServer::~MetricsServer() {
  std::atomic<bool> stopped{false};
  std::thread knocking([&] {
    while (!stopped) {
      StreamSocket(address_.family()).Connect(address_);
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  });
  exposer_.reset();
  stopped = true;
  knocking.join();
}

}  // namespace holdfast
