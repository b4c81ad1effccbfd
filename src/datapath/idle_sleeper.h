// IdleSleeper: lets a worker sleep when it has nothing to do (poll: adaptive).
//
// A worker that always finds packets pays one comparison a turn and never sleeps.
// One that finds none for a while sleeps, first briefly, then longer and longer up
// to the configured limit, which bounds the delay of the packet that ends it.
//
// Thread: the worker.
#pragma once

#include <cstdint>

#include "absl/time/time.h"
#include "base/ids.h"
#include "config/balancer_config.h"
#include "stats/counter.h"
#include "tables/rcu.h"

namespace holdfast {

class IdleSleeper {
 public:
  IdleSleeper(config::Poll poll, absl::Duration max_sleep);

  // At the end of each turn, when no pointer into a shared table is held: sleeps,
  // offline in `rcu`, or returns at once. True when it slept.
  bool AfterTurn(bool busy, WorkerId worker, RcuDomain& rcu, Counter& sleeps);

 private:
  static constexpr std::uint32_t kEmptyTurnsBeforeSleep = 100;

  void Sleep();

  const bool adaptive_;
  const std::int64_t longest_;  // nanoseconds
  std::int64_t next_;
  std::uint32_t empty_turns_ = 0;
};

}  // namespace holdfast
