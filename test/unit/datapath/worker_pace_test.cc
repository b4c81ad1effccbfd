// How much a worker answers, how it measures its load, and when it sleeps.
#include <atomic>
#include <catch2/catch.hpp>
#include <limits>
#include <thread>

#include "base/clock.h"
#include "datapath/idle_sleeper.h"
#include "datapath/load_meter.h"
#include "datapath/reply_limiter.h"

namespace holdfast {
namespace {

constexpr std::uint64_t kHertz = 2'000'000'000;
constexpr WorkerId kWorker{0};

// How many replies are allowed at this moment, of as many as anybody could want.
std::uint64_t AllowedAt(ReplyLimiter& limiter, std::uint64_t cycles) {
  std::uint64_t allowed = 0;
  while (allowed < 10 * ReplyLimiter::kBurst && limiter.Allows(cycles)) ++allowed;
  return allowed;
}

TEST_CASE("P6: a burst of replies, then as many as were earned since", "[datapath]") {
  ReplyLimiter limiter(kHertz);
  const std::uint64_t start = 7 * kHertz;
  CHECK(AllowedAt(limiter, start) == ReplyLimiter::kBurst);
  CHECK(AllowedAt(limiter, start) == 0);
  const std::uint64_t one = kHertz / ReplyLimiter::kPerSecond;
  CHECK(AllowedAt(limiter, start + one - 1) == 0);
  CHECK(AllowedAt(limiter, start + one) == 1);
  CHECK(AllowedAt(limiter, start + 11 * one) == 10);
}

TEST_CASE("P6: over seconds the rate of replies is what it should be", "[datapath]") {
  ReplyLimiter limiter(kHertz + 12'345);  // does not divide
  AllowedAt(limiter, kHertz);
  std::uint64_t allowed = 0;
  for (std::uint64_t step = 1; step <= 30'000; ++step)
    allowed += AllowedAt(limiter, kHertz + step * (kHertz / 10'007));
  const std::uint64_t expected = 30'000 * ReplyLimiter::kPerSecond / 10'007;
  CHECK(allowed >= expected - 2);
  CHECK(allowed <= expected + 2);
}

TEST_CASE("P6: a long silence earns one burst and no more, however long", "[datapath]") {
  for (const std::uint64_t hertz : {std::uint64_t{1}, std::uint64_t{9'999}, kHertz}) {
    ReplyLimiter limiter(hertz);
    AllowedAt(limiter, 0);
    const std::uint64_t late = std::numeric_limits<std::uint64_t>::max() - 1;
    CHECK(AllowedAt(limiter, late) == ReplyLimiter::kBurst);
    CHECK(AllowedAt(limiter, late) == 0);
  }
}

// Turns of a worker, one after the other, on a clock that they move.
struct Turns {
  void Take(std::uint64_t cycles, bool busy) {
    meter.AfterTurn(now, now + cycles, busy);
    now += cycles;
  }
  void Sleep(std::uint64_t cycles) { now += cycles; }

  std::uint64_t now = 5 * kHertz;
  WorkerCounters counters;
  LoadMeter meter{kHertz, counters};
};

TEST_CASE("the load of a second is the time in turns that received something", "[datapath]") {
  Turns turns;
  for (int i = 0; i < 10; ++i) turns.Take(kHertz / 40, i % 2 == 0);  // a quarter, half of it busy
  CHECK(turns.counters.busy_permille.Read() == 0);                   // no second is over yet
  turns.Take(kHertz * 3 / 4, true);
  CHECK(turns.counters.busy_permille.Read() == 875);
  CHECK(turns.counters.turns.Read() == 11);
  CHECK(turns.counters.busy_turns.Read() == 6);
  CHECK(turns.counters.busy_cycles.Read() == kHertz / 8 + kHertz * 3 / 4);
  CHECK(turns.counters.loop_cycles.Read() == kHertz);

  turns.Take(kHertz, false);
  CHECK(turns.counters.busy_permille.Read() == 0);  // nothing of the last second is left
}

TEST_CASE("time between turns is idle, and part of the worker's time", "[datapath]") {
  Turns turns;
  turns.Take(kHertz / 10, true);
  turns.Sleep(kHertz * 8 / 10);
  turns.Take(kHertz / 10, true);
  CHECK(turns.counters.busy_permille.Read() == 200);
  CHECK(turns.counters.loop_cycles.Read() == kHertz);

  turns.Take(kHertz / 10, true);
  turns.Sleep(100 * kHertz);
  turns.Take(kHertz / 10, false);
  CHECK(turns.counters.busy_permille.Read() == 0);
  CHECK(turns.counters.busy_cycles.Read() == 3 * (kHertz / 10));
}

TEST_CASE("a worker that is always busy has a load of one", "[datapath]") {
  Turns turns;
  for (int i = 0; i < 3000; ++i) turns.Take(kHertz / 1000, true);
  CHECK(turns.counters.busy_permille.Read() == 1000);
}

struct Sleepy {
  Sleepy(config::Poll poll, absl::Duration max_sleep) : sleeper(poll, max_sleep) {}

  void EmptyTurns(int count) {
    for (int i = 0; i < count; ++i) sleeper.AfterTurn(false, kWorker, rcu, sleeps);
  }
  void BusyTurn() { sleeper.AfterTurn(true, kWorker, rcu, sleeps); }

  IdleSleeper sleeper;
  RcuDomain rcu{1};
  Counter sleeps;
};

TEST_CASE("with poll: busy a worker never sleeps", "[datapath]") {
  Sleepy worker(config::Poll::kBusy, absl::Milliseconds(10));
  worker.EmptyTurns(100'000);
  CHECK(worker.sleeps.Read() == 0);
}

TEST_CASE("with poll: adaptive a worker sleeps after many empty turns in a row", "[datapath]") {
  Sleepy worker(config::Poll::kAdaptive, absl::Microseconds(50));
  worker.rcu.Online(kWorker);
  worker.EmptyTurns(99);
  worker.BusyTurn();
  worker.EmptyTurns(99);
  CHECK(worker.sleeps.Read() == 0);
  worker.EmptyTurns(1);
  CHECK(worker.sleeps.Read() == 1);
  worker.EmptyTurns(5);  // and again, until something comes
  CHECK(worker.sleeps.Read() == 6);
  worker.BusyTurn();
  worker.EmptyTurns(99);
  CHECK(worker.sleeps.Read() == 6);
  worker.rcu.Offline(kWorker);
}

TEST_CASE("sleeps grow up to the configured longest, and begin anew after a packet", "[datapath]") {
  constexpr absl::Duration kLongest = absl::Milliseconds(10);
  Sleepy worker(config::Poll::kAdaptive, kLongest);
  const SteadyClock clock;
  const auto sleep = [&] {
    const absl::Duration began = clock.Now();
    worker.EmptyTurns(1);
    return clock.Now() - began;
  };
  worker.rcu.Online(kWorker);
  worker.EmptyTurns(99);
  // 20 us, doubled until it is the longest: the sum is known from below only.
  absl::Duration first_nine;
  for (int i = 0; i < 9; ++i) first_nine += sleep();
  CHECK(first_nine >= absl::Microseconds(20 * 511));
  for (int i = 0; i < 3; ++i) CHECK(sleep() >= kLongest);
  worker.BusyTurn();
  worker.EmptyTurns(99);
  absl::Duration shortest = absl::InfiniteDuration();
  for (int i = 0; i < 20; ++i) {
    worker.BusyTurn();
    worker.EmptyTurns(99);
    shortest = std::min(shortest, sleep());
  }
  CHECK(shortest < kLongest);
  worker.rcu.Offline(kWorker);
}

TEST_CASE("a sleeping worker holds nothing up that was retired", "[datapath][race]") {
  Sleepy worker(config::Poll::kAdaptive, absl::Milliseconds(10));
  std::atomic<bool> stop{false};
  worker.rcu.Online(kWorker);
  std::thread thread([&] {  // never quiescent of itself: only its sleep lets go
    while (!stop) worker.EmptyTurns(1);
  });
  const SteadyClock clock;
  const absl::Duration deadline = clock.Now() + absl::Seconds(20);
  int freed = 0;
  int freed_in_sleep = 0;
  while (freed_in_sleep < 20 && clock.Now() < deadline) {
    const std::uint64_t sleep = worker.sleeps.Read();
    worker.rcu.Retire([&] { ++freed; });
    while (worker.rcu.Reclaim() != 0 && clock.Now() < deadline) std::this_thread::yield();
    if (sleep > 0 && worker.sleeps.Read() == sleep) ++freed_in_sleep;
  }
  stop = true;
  thread.join();
  worker.rcu.Offline(kWorker);
  CHECK(freed_in_sleep == 20);
  CHECK(freed >= freed_in_sleep);
}

}  // namespace
}  // namespace holdfast
