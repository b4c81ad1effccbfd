// ManagementLoop: the one thread that owns services, targets and affinities.
//
// Everything in control/ is called on this thread only; other threads Post().
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <vector>

#include "absl/time/time.h"
#include "base/clock.h"

namespace holdfast {

class ManagementLoop {
 public:
  explicit ManagementLoop(const Clock& clock) : clock_(clock) {}

  // Any thread. False when the loop has stopped: `work` will never run.
  bool Post(std::function<void()> work);
  // Before Run(): calls `work` about every `interval` on the loop's thread.
  void Every(absl::Duration interval, std::function<void()> work);

  // Runs on the calling thread until Stop(); then runs what is queued and returns.
  void Run();
  // Any thread.
  void Stop();

 private:
  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::function<void()>> queue_;
  bool stopped_ = false;
};

}  // namespace holdfast
