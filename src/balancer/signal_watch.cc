#include "balancer/signal_watch.h"

#include <pthread.h>

#include <csignal>
#include <utility>

namespace holdfast {
namespace {

sigset_t SetOf(const std::vector<int>& signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  return set;
}

}  // namespace

void SignalWatch::Block(const std::vector<int>& signals) {
  const sigset_t set = SetOf(signals);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

SignalWatch::SignalWatch(std::vector<int> signals, std::function<void(int)> act)
    : wake_(signals.front()), watcher_([this, set = SetOf(signals), act = std::move(act)] {
        int signal = 0;
        while (sigwait(&set, &signal) == 0 && !ended_) act(signal);
      }) {}

SignalWatch::~SignalWatch() {
  ended_ = true;
  pthread_kill(watcher_.native_handle(), wake_);  // it waits for one
  watcher_.join();
}

}  // namespace holdfast
