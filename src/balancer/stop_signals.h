// StopSignals: SIGTERM and SIGINT as a call, on a thread of its own.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

namespace holdfast {

class StopSignals {
 public:
  // From now on they wait to be watched for, in this thread and those that it will
  // make. Before any other thread is made: it would get them in their stead.
  static void Block();

  // Calls `stop`, with the signal, for each that came since Block() or comes while
  // this lives. Not after the destructor: what `stop` uses must outlive this.
  explicit StopSignals(std::function<void(int)> stop);
  ~StopSignals();

 private:
  std::atomic<bool> ended_{false};
  std::thread watcher_;
};

}  // namespace holdfast
