// ProbeRunner: makes health checks, any number at the same time, and waits for none of them.
//
// Threads: one of its own makes them; Start() is any thread's. gRPC answers on its own ones.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "health/grpc_check.h"
#include "health/probe.h"
#include "health/probe_socket.h"

namespace holdfast {

class ProbeRunner {
 public:
  // On the runner's thread, once for each order.
  using Done = std::function<void(const ProbeResult&)>;

  // `clock` and `table` outlive it.
  static absl::StatusOr<std::unique_ptr<ProbeRunner>> Create(const Clock& clock, ProbeTable& table,
                                                             Done done);
  // Gives up what it has; `done` is not called any more afterwards.
  ~ProbeRunner();
  ProbeRunner(const ProbeRunner&) = delete;
  ProbeRunner& operator=(const ProbeRunner&) = delete;

  // REQUIRES: no check that runs has the order's id.
  void Start(const ProbeOrder& order);

 private:
  class Mailbox;
  struct Check {
    ProbeOrder order;
    std::optional<ProbeSocket> socket;  // until gRPC has it
    absl::Duration deadline;
    bool connected = false;
    std::string received;             // http
    std::unique_ptr<GrpcCheck> grpc;  // once connected
  };
  using Checks = std::unordered_map<std::uint64_t, Check>;  // by the order's id

  ProbeRunner(const Clock& clock, ProbeTable& table, Done done);

  void Run();
  void Begin(const ProbeOrder& order);
  void GoOn(std::uint64_t id);
  void NoteConnected(Check& check);
  void ReadHttp(Check& check);
  void HandToGrpc(Check& check);
  void EndOverdue();
  void End(const ProbeResult& result);
  // Of epoll_wait.
  [[nodiscard]] int MillisecondsToWait() const;

  const Clock& clock_;
  ProbeTable& table_;
  const Done done_;
  std::shared_ptr<Mailbox> mail_;  // of gRPC's threads, too
  int epoll_ = -1;
  ProbeSocket::Ports ports_;
  Checks checks_;
  std::set<std::pair<absl::Duration, std::uint64_t>> deadlines_;  // of all checks
  std::map<std::string, std::set<IpAddress>> on_link_;            // by interface
  std::thread thread_;
};

}  // namespace holdfast
