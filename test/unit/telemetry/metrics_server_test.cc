#include "telemetry/metrics_server.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "telemetry/running_balancer.h"

namespace holdfast {
namespace {

using testing::RunningBalancer;

// A socket that holds a free port of 127.0.0.1 while it lives.
class HeldPort {
 public:
  HeldPort() : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(bind(fd_, generic, size) == 0);
    REQUIRE(listen(fd_, 1) == 0);
    REQUIRE(getsockname(fd_, generic, &size) == 0);
    port_ = ntohs(address.sin_port);
  }
  ~HeldPort() { close(fd_); }
  HeldPort(const HeldPort&) = delete;
  HeldPort& operator=(const HeldPort&) = delete;
  [[nodiscard]] std::uint16_t number() const { return port_; }

 private:
  int fd_;
  std::uint16_t port_ = 0;
};

std::uint16_t FreePort() { return HeldPort().number(); }

config::ListenAddress Listen(const char* address, std::uint16_t port) {
  return {"", "", testing::Address(address), port};
}

struct CommandResult {
  int status;
  std::string output;
};
CommandResult Run(const std::string& command) {
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string output;
  char buffer[4096];
  for (std::size_t n = 0; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;)
    output.append(buffer, n);
  return {pclose(pipe), output};
}

struct Fixture : RunningBalancer {
  Fixture() { RunLoop(); }
  MetricSource source{Sources()};
};

TEST_CASE_METHOD(Fixture, "a scrape shows what is counted now, and promtool has no complaint",
                 "[telemetry]") {
  const std::uint16_t port = FreePort();
  const auto server = MetricsServer::Start(Listen("127.0.0.1", port), source);
  REQUIRE(server.ok());
  const std::string scrape =
      "curl -sSf --max-time 10 http://127.0.0.1:" + std::to_string(port) + "/metrics";

  workers[0].services[0].packets[Step::kConnection].Add(41);
  const std::string sample =
      "\nholdfast_packets_total{worker=\"0\",service=\"web\",step=\"connection\"} ";
  CHECK_THAT(Run(scrape).output, Catch::Contains(sample + "41\n"));
  workers[0].services[0].packets[Step::kConnection].Add(1);
  const auto second = Run(scrape);
  CHECK(second.status == 0);
  CHECK_THAT(second.output, Catch::Contains(sample + "42\n"));
  CHECK_THAT(second.output, Catch::Contains("# TYPE holdfast_packets_total counter\n"));
  CHECK_THAT(second.output, Catch::Contains("# TYPE holdfast_connections gauge\n"));
  CHECK_THAT(second.output, Catch::Contains("# HELP holdfast_drops_total "));

  const auto checked = Run(scrape + " | promtool check metrics");
  CHECK(checked.output == "");
  CHECK(checked.status == 0);
}

TEST_CASE_METHOD(Fixture, "an address that is in use is an error that says what to do",
                 "[telemetry]") {
  const HeldPort busy;
  const auto server = MetricsServer::Start(Listen("127.0.0.1", busy.number()), source);
  REQUIRE(absl::IsUnavailable(server.status()));
  const std::string message(server.status().message());
  CHECK_THAT(message, Catch::Contains("127.0.0.1:" + std::to_string(busy.number())));
  CHECK_THAT(message, Catch::Contains("Address already in use"));
  CHECK_THAT(message, Catch::Contains("metrics.listen in balancer.yaml"));
}

TEST_CASE_METHOD(Fixture, "an address of another machine is an error", "[telemetry]") {
  const auto server = MetricsServer::Start(Listen("192.0.2.55", 9400), source);
  CHECK_THAT(std::string(server.status().message()),
             Catch::Contains("192.0.2.55:9400: Cannot assign requested address"));
}

TEST_CASE_METHOD(Fixture, "a destroyed server gives its address back", "[telemetry]") {
  const std::uint16_t port = FreePort();
  REQUIRE(MetricsServer::Start(Listen("127.0.0.1", port), source).ok());
  CHECK(MetricsServer::Start(Listen("127.0.0.1", port), source).ok());
}

TEST_CASE_METHOD(Fixture, "who connects and says nothing holds up neither scrapes nor the end",
                 "[telemetry]") {
  const std::uint16_t port = FreePort();
  auto server = MetricsServer::Start(Listen("127.0.0.1", port), source).value();
  const SocketAddress address = SocketAddress::Tcp(testing::Address("127.0.0.1"), port);
  std::vector<std::unique_ptr<StreamSocket>> silent;  // more than there are threads
  for (int i = 0; i < 8; ++i)
    silent.emplace_back(std::make_unique<StreamSocket>(AF_INET))->Connect(address);
  const absl::Time began = absl::Now();
  CHECK(Run("curl -sSf --max-time 10 -o /dev/null http://127.0.0.1:" + std::to_string(port) +
            "/metrics")
            .output == "");
  silent.emplace_back(std::make_unique<StreamSocket>(AF_INET))->Connect(address);
  server.reset();
  CHECK(absl::Now() - began < absl::Seconds(5));
}

}  // namespace
}  // namespace holdfast
