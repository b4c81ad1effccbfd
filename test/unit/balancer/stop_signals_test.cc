#include "balancer/stop_signals.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <vector>

namespace holdfast {
namespace {

// What was called, and a wait for it.
class Calls {
 public:
  void Add(int signal) {
    const std::lock_guard lock(mutex_);
    signals_.push_back(signal);
    added_.notify_all();
  }
  std::vector<int> WaitFor(std::size_t count) {
    std::unique_lock lock(mutex_);
    added_.wait_for(lock, std::chrono::seconds(10), [&] { return signals_.size() >= count; });
    return signals_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable added_;
  std::vector<int> signals_;
};

void Send(int signal) { REQUIRE(kill(getpid(), signal) == 0); }

TEST_CASE("a signal that comes during start-up is not lost", "[balancer]") {
  StopSignals::Block();
  Send(SIGTERM);
  Calls calls;
  const StopSignals signals([&](int signal) { calls.Add(signal); });
  CHECK(calls.WaitFor(1) == std::vector<int>{SIGTERM});
}

TEST_CASE("one signal after the other is told", "[balancer]") {
  StopSignals::Block();
  Calls calls;
  const StopSignals signals([&](int signal) { calls.Add(signal); });
  Send(SIGINT);
  calls.WaitFor(1);
  Send(SIGTERM);
  CHECK(calls.WaitFor(2) == std::vector<int>{SIGINT, SIGTERM});
}

TEST_CASE("a signal that comes while it ends reaches nobody who is gone", "[balancer][race]") {
  StopSignals::Block();
  for (int round = 0; round < 200; ++round) {
    Calls calls;  // gone after the watcher, as what holdfastd stops
    const StopSignals signals([&](int signal) { calls.Add(signal); });
    Send(SIGTERM);
    CHECK_FALSE(calls.WaitFor(1).empty());
    Send(SIGINT);
  }
}

}  // namespace
}  // namespace holdfast
