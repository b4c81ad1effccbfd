#include "balancer/stop_signals.h"

#include <pthread.h>

#include <utility>

namespace holdfast {

StopSignals::StopSignals() {
  sigemptyset(&signals_);
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1}) sigaddset(&signals_, signal);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
}

StopSignals::~StopSignals() {
  if (!watcher_.joinable()) return;
  pthread_kill(watcher_.native_handle(), SIGUSR1);  // what ends the watcher
  watcher_.join();
}

void StopSignals::Watch(std::function<void(int)> stop) {
  watcher_ = std::thread([this, stop = std::move(stop)] {
    int signal = 0;
    while (sigwait(&signals_, &signal) == 0 && signal != SIGUSR1) stop(signal);
  });
}

}  // namespace holdfast
