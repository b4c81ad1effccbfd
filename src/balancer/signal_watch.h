// SignalWatch: signals to the process as calls, on a thread of their own.
#pragma once

#include <atomic>
#include <functional>
#include <thread>
#include <vector>

namespace holdfast {

class SignalWatch {
 public:
  // From now on `signals` wait to be watched for, in this thread and those that it
  // will make. Before any other thread is made: it would get them in their stead.
  static void Block(const std::vector<int>& signals);

  // Calls `act`, with the signal, for each of `signals` that came since Block() or
  // comes while this lives; one that comes again before it was told is told once. Not
  // after the destructor: what `act` uses must outlive this. Signals that are not
  // watched for wait on. REQUIRES: `signals` is not empty.
  SignalWatch(std::vector<int> signals, std::function<void(int)> act);
  ~SignalWatch();

 private:
  const int wake_;  // one of them
  std::atomic<bool> ended_{false};
  std::thread watcher_;
};

}  // namespace holdfast
