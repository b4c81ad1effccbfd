#include "control/management_loop.h"

#include <algorithm>
#include <utility>

namespace holdfast {
namespace {

// Without a timer the loop still looks around this often, which costs nothing
// and keeps every wait finite.
constexpr absl::Duration kLongestWait = absl::Seconds(1);

}  // namespace

bool ManagementLoop::Post(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return false;
    queue_.push_back(std::move(work));
  }
  wake_.notify_one();
  return true;
}

void ManagementLoop::Every(absl::Duration interval, std::function<void()> work) {
  timers_.push_back({interval, std::move(work), clock_.Now() + interval});
}

void ManagementLoop::Run() {
  std::vector<std::function<void()>> work;
  while (TakeWork(work)) {
    for (const auto& each : work) each();
    work.clear();
    RunDueTimers();
  }
  for (const auto& each : work) each();
}

void ManagementLoop::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  wake_.notify_one();
}

bool ManagementLoop::TakeWork(std::vector<std::function<void()>>& work) {
  const auto longest = absl::ToChronoNanoseconds(UntilNextTimer());
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, longest, [this] { return stopped_ || !queue_.empty(); });
  work.swap(queue_);
  return !stopped_;
}

void ManagementLoop::RunDueTimers() {
  for (Timer& timer : timers_) {
    const absl::Duration now = clock_.Now();
    if (now < timer.due) continue;
    timer.due = now + timer.interval;
    timer.work();
  }
}

absl::Duration ManagementLoop::UntilNextTimer() const {
  absl::Duration wait = kLongestWait;
  const absl::Duration now = clock_.Now();
  for (const Timer& timer : timers_) wait = std::min(wait, timer.due - now);
  return std::max(wait, absl::ZeroDuration());
}

}  // namespace holdfast
