#include "balancer/signal_watch.h"

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

const std::vector<int> kAll = {SIGTERM, SIGINT, SIGHUP};

void Send(int signal) { REQUIRE(kill(getpid(), signal) == 0); }

TEST_CASE("a signal that comes during start-up is not lost", "[balancer]") {
  SignalWatch::Block(kAll);
  Send(SIGTERM);
  Calls calls;
  const SignalWatch watch(kAll, [&](int signal) { calls.Add(signal); });
  CHECK(calls.WaitFor(1) == std::vector<int>{SIGTERM});
}

TEST_CASE("one signal after the other is told", "[balancer]") {
  SignalWatch::Block(kAll);
  Calls calls;
  const SignalWatch watch(kAll, [&](int signal) { calls.Add(signal); });
  Send(SIGINT);
  calls.WaitFor(1);
  Send(SIGTERM);
  CHECK(calls.WaitFor(2) == std::vector<int>{SIGINT, SIGTERM});
}

TEST_CASE("a signal that is not watched for waits for who watches for it", "[balancer]") {
  SignalWatch::Block(kAll);
  {
    Calls calls;
    const SignalWatch watch({SIGTERM, SIGINT}, [&](int signal) { calls.Add(signal); });
    Send(SIGHUP);
    Send(SIGTERM);
    CHECK(calls.WaitFor(1) == std::vector<int>{SIGTERM});
  }
  Calls calls;
  const SignalWatch watch(kAll, [&](int signal) { calls.Add(signal); });
  CHECK(calls.WaitFor(1) == std::vector<int>{SIGHUP});
}

TEST_CASE("a signal that comes while it ends reaches nobody who is gone", "[balancer][race]") {
  SignalWatch::Block(kAll);
  for (int round = 0; round < 200; ++round) {
    Calls calls;  // gone after the watcher, as what holdfastd stops
    const SignalWatch watch(kAll, [&](int signal) { calls.Add(signal); });
    Send(SIGTERM);
    CHECK_FALSE(calls.WaitFor(1).empty());
    Send(SIGINT);
  }
}

}  // namespace
}  // namespace holdfast
