// Health checks of every kind over real sockets, in a network of the test's own.
#include "health/probe_runner.h"

#include <arpa/inet.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <condition_variable>
#include <map>
#include <mutex>

#include "kernel/own_network.h"

namespace holdfast {
namespace {

constexpr char kVip[] = "10.9.0.1";

// Results as they come.
class Results {
 public:
  void Add(const ProbeResult& result) {
    {
      const std::lock_guard lock(mutex_);
      results_[result.id] = result;
    }
    came_.notify_all();
  }
  ProbeResult WaitFor(std::uint64_t id) {
    std::unique_lock lock(mutex_);
    REQUIRE(came_.wait_for(lock, std::chrono::seconds(10), [&] { return results_.contains(id); }));
    return results_.at(id);
  }

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::map<std::uint64_t, ProbeResult> results_;  // guarded by mutex_
};

// Listens at the VIP; to each connection it says one thing, or nothing.
class Server {
 public:
  explicit Server(std::string says) : listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    inet_pton(AF_INET, kVip, &address.sin_addr);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(bind(listener_, any, sizeof address) == 0);
    REQUIRE(listen(listener_, 16) == 0);
    getsockname(listener_, any, &size);
    port = ntohs(address.sin_port);
    thread_ = std::thread([this, says = std::move(says)] { Serve(says); });
  }
  ~Server() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  std::uint16_t port = 0;

 private:
  void Serve(const std::string& says) {
    std::vector<int> open;
    for (int one = accept(listener_, nullptr, nullptr); one >= 0;
         one = accept(listener_, nullptr, nullptr)) {
      char request[512];
      if (!says.empty() && recv(one, request, sizeof request, 0) > 0)
        send(one, says.data(), says.size(), MSG_NOSIGNAL);
      open.push_back(one);
    }
    for (const int one : open) close(one);
  }

  const int listener_;
  std::thread thread_;
};

struct Fixture {
  Fixture() : entered(EnterOwnNetwork()) {
    if (!entered) return;
    // What leaves by lo is for this MAC, and comes back by it.
    Printed(
        "ip link set lo address 02:48:46:00:00:01; ip link set lo up;"
        "ip address add 10.9.0.1/32 dev lo; ip address add 10.9.0.2/32 dev lo");
    runner = ProbeRunner::Create(clock, table, [this](const ProbeResult& result) {
               results.Add(result);
             }).value();
  }

  ProbeOrder Order(std::uint16_t port, config::HealthCheckType type) {
    ProbeOrder order;
    order.id = ++last_id;
    order.check.type = type;
    order.check.port = port;
    order.check.timeout = absl::Seconds(5);
    order.aim = {TargetHandle(3, 1), ServiceSlot{2}};
    order.vip = IpAddress::Parse(kVip).value();
    order.from = IpAddress::Parse("10.9.0.2").value();
    order.interface = "lo";
    return order;
  }
  ProbeResult Check(const ProbeOrder& order) {
    runner->Start(order);
    return results.WaitFor(order.id);
  }

  const bool entered;
  SteadyClock clock;
  ProbeTable table;
  Results results;
  std::unique_ptr<ProbeRunner> runner;
  std::uint64_t last_id = 0;
};

TEST_CASE_METHOD(Fixture, "a TCP check is a connection that can be opened", "[health]") {
  if (!entered) return;
  std::uint16_t port = 0;
  {
    const Server server("");
    port = server.port;
    const ProbeResult result = Check(Order(port, config::HealthCheckType::kTcp));
    CAPTURE(result.reason);
    CHECK(result.outcome == ProbeOutcome::kOk);
  }
  const ProbeResult result = Check(Order(port, config::HealthCheckType::kTcp));
  CHECK(result.outcome == ProbeOutcome::kRefused);
  CHECK(result.reason == "connection refused");
}

TEST_CASE_METHOD(Fixture, "the port that a check comes from says whom it is for", "[health]") {
  if (!entered) return;
  const Server server("");
  for (int i = 0; i < 3; ++i) Check(Order(server.port, config::HealthCheckType::kTcp));
  std::size_t noted = 0;
  for (std::uint32_t port = ProbeTable::kFirstPort; port <= 65535; ++port)
    if (const auto aim = table.Find(static_cast<std::uint16_t>(port))) {
      ++noted;
      CHECK(*aim == ProbeTable::Aim{TargetHandle(3, 1), ServiceSlot{2}});
    }
  CHECK(noted == 3);
  CHECK_FALSE(table.Find(ProbeTable::kFirstPort - 1));
}

TEST_CASE_METHOD(Fixture, "an HTTP check judges the status", "[health]") {
  if (!entered) return;
  const Server good("HTTP/1.1 204 No Content\r\n\r\n");
  const Server bad("HTTP/1.1 503 Service Unavailable\r\n\r\n");
  CHECK(Check(Order(good.port, config::HealthCheckType::kHttp)).outcome == ProbeOutcome::kOk);
  const ProbeResult result = Check(Order(bad.port, config::HealthCheckType::kHttp));
  CHECK(result.outcome == ProbeOutcome::kStatus);
  CHECK(result.reason == "HTTP status 503");
}

TEST_CASE_METHOD(Fixture, "hundreds of checks that wait hold up nobody", "[health]") {
  if (!entered) return;
  const Server silent("");
  const Server good("HTTP/1.1 200 OK\r\n\r\n");
  std::vector<ProbeOrder> waiting;
  for (int i = 0; i < 300; ++i) {
    waiting.push_back(Order(silent.port, config::HealthCheckType::kHttp));
    waiting.back().check.timeout = absl::Seconds(2);
    runner->Start(waiting.back());
  }
  const absl::Duration began = clock.Now();
  CHECK(Check(Order(good.port, config::HealthCheckType::kHttp)).outcome == ProbeOutcome::kOk);
  CHECK(clock.Now() - began < absl::Seconds(1));
  for (const ProbeOrder& order : waiting)
    CHECK(results.WaitFor(order.id).outcome == ProbeOutcome::kTimeout);
}

TEST_CASE_METHOD(Fixture, "a gRPC check asks for the health of a service", "[health]") {
  if (!entered) return;
  grpc::EnableDefaultHealthCheckService(true);
  int port = 0;
  grpc::CallbackGenericService all_else;
  grpc::ServerBuilder builder;
  builder.RegisterCallbackGenericService(&all_else);
  builder.AddListeningPort("10.9.0.1:0", grpc::InsecureServerCredentials(), &port);
  const auto server = builder.BuildAndStart();
  REQUIRE(server != nullptr);
  server->GetHealthCheckService()->SetServingStatus("shop", false);
  ProbeOrder order = Order(static_cast<std::uint16_t>(port), config::HealthCheckType::kGrpc);
  const ProbeResult good = Check(order);
  CAPTURE(good.reason);
  CHECK(good.outcome == ProbeOutcome::kOk);

  order = Order(order.check.port, config::HealthCheckType::kGrpc);
  order.check.grpc_service = "shop";
  const ProbeResult down = Check(order);
  CHECK(down.outcome == ProbeOutcome::kStatus);
  CHECK(down.reason == "gRPC health NOT_SERVING");

  order = Order(order.check.port, config::HealthCheckType::kGrpc);
  order.check.grpc_service = "unknown";
  CHECK(Check(order).outcome == ProbeOutcome::kError);
  server->Shutdown();
}

TEST_CASE_METHOD(Fixture, "a gRPC check of a server that says nothing ends in time", "[health]") {
  if (!entered) return;
  const Server silent("");
  ProbeOrder order = Order(silent.port, config::HealthCheckType::kGrpc);
  order.check.timeout = absl::Milliseconds(300);
  CHECK(Check(order).outcome == ProbeOutcome::kTimeout);
  // And one that is going on when the runner ends.
  runner->Start(Order(silent.port, config::HealthCheckType::kGrpc));
  absl::SleepFor(absl::Milliseconds(100));
  runner.reset();
}

}  // namespace
}  // namespace holdfast
