// ManagementLoop: the one thread that owns services, targets and affinities.
//
// Everything in control/ is called on this thread only; other threads Post().
#pragma once

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

  // Any thread. False when the loop has stopped: `work` will never run. Work of
  // one thread runs in the order in which it was posted. When Run() was not
  // called, what is queued is destroyed with the loop.
  bool Post(std::function<void()> work);
  // Before Run(): calls `work` about every `interval` on the loop's thread, first
  // after one interval; not after Stop(). A tick that comes late is not made up for.
  void Every(absl::Duration interval, std::function<void()> work);

  // Runs on the calling thread until Stop(); then runs what is queued and returns.
  void Run();
  // Any thread, also before Run().
  void Stop();

 private:
  struct Timer {
    absl::Duration interval;
    std::function<void()> work;
    absl::Duration due;
  };

  // Waits for work, a timer or Stop(); takes all queued work. False: stopped.
  bool TakeWork(std::vector<std::function<void()>>& work);
  void RunDueTimers();
  [[nodiscard]] absl::Duration UntilNextTimer() const;

  const Clock& clock_;
  std::vector<Timer> timers_;  // of the loop's thread, once it runs
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::function<void()>> queue_;
  bool stopped_ = false;
};

}  // namespace holdfast
