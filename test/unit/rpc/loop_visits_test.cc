#include "rpc/loop_visits.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <optional>
#include <thread>
#include <vector>

#include "support/fake_clock.h"

namespace holdfast {
namespace {

struct Fixture {
  void RunOnce() {
    loop->Post([this] { loop->Stop(); });
    loop->Run();
  }

  FakeClock clock;
  std::optional<ManagementLoop> loop{std::in_place, clock};
  int worked = 0;
  std::vector<grpc::Status> finished;
  LoopVisits visits{*loop, [this](const grpc::Status& status) { finished.push_back(status); }};
};

TEST_CASE_METHOD(Fixture, "a visit runs its work on the loop, and so does the next", "[rpc]") {
  visits.Visit([this] {
    ++worked;
    visits.Visit([this] { ++worked; });
  });
  RunOnce();
  CHECK(worked == 2);
  CHECK(finished.empty());
}

TEST_CASE_METHOD(Fixture, "a visit to a loop that has stopped ends as unavailable", "[rpc]") {
  loop->Stop();
  visits.Visit([this] { ++worked; });
  REQUIRE(finished.size() == 1);
  CHECK(finished[0].error_code() == grpc::StatusCode::UNAVAILABLE);
  CHECK(finished[0].error_message() == "the balancer is stopping; nothing has changed");
  CHECK(worked == 0);
}

TEST_CASE_METHOD(Fixture, "a visit that is queued in a loop that never ran ends with the loop",
                 "[rpc]") {
  visits.Visit([this] { ++worked; });
  CHECK(finished.empty());
  loop.reset();
  CHECK(finished.size() == 1);
  CHECK(worked == 0);
}

TEST_CASE_METHOD(Fixture, "a visit that is cancelled before its work ends at once", "[rpc]") {
  visits.Visit([this] { ++worked; });
  visits.Cancel();
  CHECK(finished.size() == 1);
  RunOnce();
  CHECK(worked == 0);
  CHECK(finished.size() == 1);
}

TEST_CASE_METHOD(Fixture, "a visit after its call was cancelled ends at once", "[rpc]") {
  visits.Cancel();
  CHECK(finished.empty());
  visits.Visit([this] { ++worked; });
  CHECK(finished.size() == 1);
  RunOnce();
  CHECK(worked == 0);
}

TEST_CASE_METHOD(Fixture, "a cancellation after the work changes nothing", "[rpc]") {
  visits.Visit([this] { ++worked; });
  RunOnce();
  visits.Cancel();
  CHECK(worked == 1);
  CHECK(finished.empty());
}

// Visits are cancelled from another thread while the loop runs their work: each
// ends in exactly one of both.
TEST_CASE("a visit works or is finished, never both and never neither", "[rpc][race]") {
  FakeClock clock;
  ManagementLoop loop(clock);
  std::thread runner([&] { loop.Run(); });
  int wrong = 0;
  for (int n = 0; n < 5'000; ++n) {
    std::atomic<int> ends{0};
    LoopVisits visits(loop, [&](const grpc::Status&) { ++ends; });
    visits.Visit([&] { ++ends; });
    visits.Cancel();
    // Until the loop has dropped the visit.
    std::atomic<bool> passed{false};
    loop.Post([&] { passed = true; });
    while (!passed) std::this_thread::yield();
    if (ends != 1) ++wrong;
  }
  loop.Stop();
  runner.join();
  CHECK(wrong == 0);
}

}  // namespace
}  // namespace holdfast
