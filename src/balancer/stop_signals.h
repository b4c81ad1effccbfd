// StopSignals: SIGTERM and SIGINT as a call, on a thread of its own.
#pragma once

#include <csignal>
#include <functional>
#include <thread>

namespace holdfast {

class StopSignals {
 public:
  // Before any other thread is made: they must not get the signals either.
  StopSignals();
  ~StopSignals();

  // Calls `stop`, with the signal, for each that comes, from now on.
  void Watch(std::function<void(int)> stop);

 private:
  sigset_t signals_;
  std::thread watcher_;
};

}  // namespace holdfast
