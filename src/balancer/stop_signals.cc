#include "balancer/stop_signals.h"

#include <pthread.h>

#include <csignal>
#include <utility>

namespace holdfast {
namespace {

sigset_t Signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

}  // namespace

void StopSignals::Block() {
  const sigset_t signals = Signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

StopSignals::StopSignals(std::function<void(int)> stop)
    : watcher_([this, stop = std::move(stop)] {
        const sigset_t signals = Signals();
        int signal = 0;
        while (sigwait(&signals, &signal) == 0 && !ended_) stop(signal);
      }) {}

StopSignals::~StopSignals() {
  ended_ = true;
  pthread_kill(watcher_.native_handle(), SIGTERM);  // it waits for one
  watcher_.join();
}

}  // namespace holdfast
