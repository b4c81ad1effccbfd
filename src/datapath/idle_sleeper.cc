#include "datapath/idle_sleeper.h"

#include <algorithm>
#include <ctime>

namespace holdfast {
namespace {

constexpr std::int64_t kFirstSleep = 20'000;

}  // namespace

IdleSleeper::IdleSleeper(config::Poll poll, absl::Duration max_sleep)
    : adaptive_(poll == config::Poll::kAdaptive),
      longest_(absl::ToInt64Nanoseconds(max_sleep)),
      next_(std::min(kFirstSleep, longest_)) {}

bool IdleSleeper::AfterTurn(bool busy, WorkerId worker, RcuDomain& rcu, Counter& sleeps) {
  if (busy) {
    empty_turns_ = 0;
    next_ = std::min(kFirstSleep, longest_);
    return false;
  }
  if (!adaptive_ || ++empty_turns_ < kEmptyTurnsBeforeSleep) return false;
  sleeps.Add(1);
  rcu.Offline(worker);
  Sleep();
  rcu.Online(worker);
  return true;
}

void IdleSleeper::Sleep() {
  const timespec time{.tv_sec = 0, .tv_nsec = static_cast<long>(next_)};
  nanosleep(&time, nullptr);
  next_ = std::min(next_ * 2, longest_);
}

}  // namespace holdfast
