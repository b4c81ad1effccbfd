#include "control/management_loop.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <thread>

#include "support/fake_clock.h"

namespace holdfast {
namespace {

struct Fixture {
  FakeClock clock;
  ManagementLoop loop{clock};
};

TEST_CASE_METHOD(Fixture, "work runs on the loop's thread, in order", "[control]") {
  std::vector<int> ran;
  std::thread::id runner;
  loop.Post([&] { ran.push_back(1); });
  loop.Post([&] {
    ran.push_back(2);
    runner = std::this_thread::get_id();
    loop.Stop();
  });
  loop.Run();
  CHECK(ran == std::vector<int>{1, 2});
  CHECK(runner == std::this_thread::get_id());
}

TEST_CASE_METHOD(Fixture, "what was queued before Stop runs, what comes later is refused",
                 "[control]") {
  bool ran = false;
  CHECK(loop.Post([&] { ran = true; }));
  loop.Stop();
  CHECK_FALSE(loop.Post([] { FAIL("refused work ran"); }));
  loop.Run();
  CHECK(ran);
  CHECK_FALSE(loop.Post([] { FAIL("refused work ran"); }));
}

TEST_CASE_METHOD(Fixture, "work that is refused is not kept", "[control]") {
  const auto token = std::make_shared<int>(0);
  loop.Stop();
  loop.Post([token] {});
  CHECK(token.use_count() == 1);
}

TEST_CASE_METHOD(Fixture, "work may post more work", "[control]") {
  bool ran = false;
  loop.Post([&] {
    loop.Post([&] {
      ran = true;
      loop.Stop();
    });
  });
  loop.Run();
  CHECK(ran);
}

TEST_CASE_METHOD(Fixture, "a timer runs once in each interval, and not before the first",
                 "[control]") {
  int ticks = 0;
  loop.Every(absl::Seconds(10), [&] { ++ticks; });
  // Runs after the other in every round, and moves the clock for the next.
  std::vector<int> steps = {9, 1, 35, 9, 0};
  std::vector<int> seen;
  loop.Every(absl::ZeroDuration(), [&] {
    clock.Advance(absl::Seconds(steps[seen.size()]));
    seen.push_back(ticks);
    if (seen.size() == steps.size()) loop.Stop();
  });
  loop.Run();
  CHECK(seen == std::vector<int>{0, 0, 1, 2, 2});
}

TEST_CASE("a timer wakes an idle loop", "[control]") {
  SteadyClock clock;
  ManagementLoop loop(clock);
  loop.Every(absl::Milliseconds(5), [&] { loop.Stop(); });
  loop.Run();
  SUCCEED("Run() returned");
}

// Many threads post numbers while the loop is stopped under them: all that was
// accepted ran, each thread's in its order, and nothing else did.
TEST_CASE("nothing that was accepted is lost or overtakes its own thread's", "[control][race]") {
  constexpr std::size_t kThreads = 8;
  constexpr std::uint64_t kStopAfter = 40'000;
  SteadyClock clock;
  ManagementLoop loop(clock);
  std::vector<std::uint64_t> ran(kThreads, 0);  // of the loop's thread
  std::vector<std::uint64_t> accepted(kThreads, 0);
  std::uint64_t out_of_order = 0;
  std::uint64_t total = 0;

  std::vector<std::thread> posters;
  for (std::size_t t = 0; t < kThreads; ++t)
    posters.emplace_back([&, t] {
      for (std::uint64_t n = 0;; ++n) {
        const bool taken = loop.Post([&, t, n] {
          if (ran[t]++ != n) ++out_of_order;
          if (++total == kStopAfter) loop.Stop();
        });
        if (!taken) return;
        ++accepted[t];
      }
    });
  loop.Run();
  for (std::thread& poster : posters) poster.join();

  CHECK(out_of_order == 0);
  CHECK(ran == accepted);
  CHECK(total >= kStopAfter);
}

}  // namespace
}  // namespace holdfast
