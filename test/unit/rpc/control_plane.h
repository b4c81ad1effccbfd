// A control plane as holdfastd has it: a management loop on its thread, the
// directory of ThreeTargets(), affinities on two replicas, and a server on a Unix
// socket and a TCP port of its own.
#pragma once

#include <grpcpp/grpcpp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "control/balancer_config.h"
#include "rpc/control_server.h"
#include "support/fake_clock.h"

namespace holdfast::testing {

// A call that ends after 5 s, whatever happens.
struct Call : grpc::ClientContext {
  Call() { set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(5)); }
};

// A new directory, removed with all that is in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory() : path_("/tmp/holdfast_test.XXXXXX") { mkdtemp(path_.data()); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  [[nodiscard]] std::string operator/(const char* name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline config::ListenAddress OnUnix(const std::string& path) {
  return {"unix:" + path, path, {}, 0};
}

inline config::ListenAddress OnTcp(const char* address, std::uint16_t port) {
  return {std::string(address) + ":" + std::to_string(port), "", Address(address), port};
}

// A port of 127.0.0.1 that nobody uses now.
inline std::uint16_t FreePort() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
  bind(descriptor, reinterpret_cast<sockaddr*>(&address), size);
  getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size);
  close(descriptor);
  return ntohs(address.sin_port);
}

// Keeps what it was asked last; `answer` refuses, unless it is OK.
struct FakeNeighbourhood final : Neighbourhood {
  [[nodiscard]] std::vector<NeighbourView> Neighbours() const override { return neighbours; }
  absl::Status Flush(const IpAddress& address) override {
    flushed = address;
    return answer;
  }
  absl::StatusOr<std::vector<Announced>> Announce(const std::optional<IpAddress>& vip) override {
    announced = vip;
    if (!answer.ok()) return answer;
    return std::vector<Announced>{{vip.value_or(Address("10.0.0.1")), PortIndex{0}}};
  }

  std::vector<NeighbourView> neighbours;
  std::optional<IpAddress> flushed;
  std::optional<IpAddress> announced;
  absl::Status answer;
};

class ControlPlane {
 public:
  static constexpr std::size_t kReplicas = 2;

  explicit ControlPlane(std::uint64_t capacity = 10'000,
                        const config::BalancerConfig& config = ThreeTargets())
      : directory(config) {
    std::vector<AffinityTable*> tables;
    for (std::size_t i = 0; i < kReplicas; ++i) {
      replicas.push_back(std::make_unique<AffinityTable>(
          AffinityTable::Create(16'384, HashKey{}, MemoryKind::kNormal).value()));
      tables.push_back(replicas.back().get());
    }
    affinities = std::make_unique<AffinityManager>(
        AffinityManager::Options{capacity, absl::Hours(4)}, clock, directory, tables, counters);
    configuration = std::make_unique<LiveConfiguration>(
        config, LiveConfiguration::Parts{.directory = &directory,
                                         .affinities = affinities.get(),
                                         .meet_targets = [](const auto&) {},
                                         .publish = [this] { Publish(); },
                                         .set_log_level = [](config::LogLevel) {}});
    explainer = std::make_unique<Explainer>(ExplainerSources());
    server = ControlServer::Start({{unix_address, tcp_address}, false}, Parts()).value();
    thread = std::thread([this] { loop.Run(); });
  }
  ~ControlPlane() {
    server->Stop();
    StopLoop();
  }

  ControlServer::Parts Parts() {
    return {&loop,
            &directory,
            affinities.get(),
            configuration.get(),
            &neighbours,
            [this] { Publish(); },
            [this] { return families; },
            {&connections[0], &connections[1]},
            explainer.get(),
            &load_reports,
            &neighbourhood,
            &capture_desk};
  }

  // Of what the directory had when the test began; workers remember no connection.
  Explainer::Sources ExplainerSources() {
    Explainer::Sources sources{
        .snapshots = &snapshots,
        .neighbours = &neighbours,
        .affinities = affinities.get(),
        .connections = {},
        .affinity_replicas = {},
        .hash_key = {},
        .ring_seed = 2026,
        .ports = {{"lan0", MacAddress{{2, 0, 0, 0, 0, 1}}, {{Address("10.0.0.1"), 24}}},
                  {"lan1", MacAddress{{2, 0, 0, 0, 0, 2}}, {{Address("10.0.1.1"), 24}}}},
        .now = [] { return CoarseTick(); }};
    for (std::size_t i = 0; i < kReplicas; ++i) {
      sources.connections.push_back(&connections[i]);
      sources.affinity_replicas.push_back(replicas[i].get());
    }
    return sources;
  }

  static ConnectionTable Table(std::uint16_t worker) {
    return ConnectionTable::Create(WorkerId{worker}, 1024, {}, HashKey{}, MemoryKind::kNormal)
        .value();
  }
  void Publish() { published = directory.BuildSnapshot(); }
  void StopLoop() {
    loop.Stop();
    if (thread.joinable()) thread.join();
  }
  // Runs `work` on the loop and returns when it is done.
  void OnLoopThread(const std::function<void()>& work) {
    std::promise<void> done;
    loop.Post([&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }

  std::shared_ptr<grpc::Channel> Connect(const config::ListenAddress& address) const {
    return grpc::CreateChannel(address.text, grpc::InsecureChannelCredentials());
  }

  // Whom the workers send this TCP connection of 198.51.100.7 to; all must say
  // the same. "": balanced.
  std::string FollowedTo(std::uint16_t client_port, std::uint16_t service_port) const {
    std::array<std::string, kReplicas> names;
    for (std::size_t i = 0; i < kReplicas; ++i) {
      const auto owner = replicas[i]->Find(ServiceSlot{0}, Address("198.51.100.7"), client_port,
                                           service_port, [](TargetHandle) { return true; });
      names[i] = owner ? directory.TargetName(owner->target) : "";
    }
    return names[0] == names[1] ? names[0] : "the workers differ";
  }

  TemporaryDirectory files;
  config::ListenAddress unix_address = OnUnix(files / "control.sock");
  config::ListenAddress tcp_address = OnTcp("127.0.0.1", FreePort());
  FakeClock clock;
  ManagementLoop loop{clock};
  TargetDirectory directory;
  LoadReports load_reports{clock, directory};
  NeighbourTable neighbours;
  FakeNeighbourhood neighbourhood;
  std::array<ConnectionTable, kReplicas> connections{Table(0), Table(1)};  // of the workers
  ControlCounters counters;
  std::vector<Family> families;               // what GetCounters finds
  std::unique_ptr<const Snapshot> published;  // the last one
  std::vector<std::unique_ptr<AffinityTable>> replicas;
  std::unique_ptr<AffinityManager> affinities;
  std::unique_ptr<LiveConfiguration> configuration;
  RcuDomain rcu{kReplicas};
  SnapshotPublisher snapshots{rcu, directory.BuildSnapshot()};
  std::unique_ptr<Explainer> explainer;
  CapturePublisher captures{rcu};
  CaptureDesk capture_desk{
      {&captures,
       &snapshots,
       &clock,
       kReplicas,
       {{"lan0", MacAddress{{2, 0, 0, 0, 0, 1}}}, {"lan1", MacAddress{{2, 0, 0, 0, 0, 2}}}},
       {[] { return std::uint64_t{0}; }, 1'000'000'000}}};
  std::unique_ptr<ControlServer> server;
  std::thread thread;
};

}  // namespace holdfast::testing
