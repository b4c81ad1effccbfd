// How long turns take, and which of them were interrupted.
#include "datapath/turn_times.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

namespace holdfast {
namespace {

constexpr std::uint64_t kHertz = 2'000'000'000;
constexpr std::uint64_t kMicrosecond = kHertz / 1'000'000;

// What the kernel says when it is asked, and how often it was.
std::uint64_t off_cpu = 0;
int asked = 0;
std::uint64_t FakeOffCpu() {
  ++asked;
  return off_cpu;
}

// How many times were longer than 20 us.
std::uint64_t LongOnes(const TimeHistogram& times) {
  const Sample sample = times.SampleUnder({});
  for (const SampleBucket& bucket : sample.buckets)
    if (bucket.at_most >= 20e-6) return sample.buckets.back().count - bucket.count;
  return 0;
}
std::uint64_t CountOf(const TimeHistogram& times) {
  return times.SampleUnder({}).buckets.back().count;
}

struct Fixture {
  Fixture() {
    off_cpu = 7'000'000;  // whatever was before
    times.Restart();
    asked = 0;
  }
  void Turn(std::uint64_t microseconds) { times.AfterTurn(microseconds * kMicrosecond); }

  WorkerCounters counters;
  TurnTimes times{kHertz, counters, FakeOffCpu};
};

TEST_CASE_METHOD(Fixture, "a turn within the limit is counted, and the kernel is not asked",
                 "[datapath]") {
  for (std::uint64_t microseconds = 0; microseconds <= 20; ++microseconds) Turn(microseconds);
  CHECK(asked == 0);
  CHECK(CountOf(counters.turn_times) == 21);
  CHECK(LongOnes(counters.turn_times) == 0);
  CHECK(counters.turn_times.SampleUnder({}).value == Approx(210e-6));
}

TEST_CASE_METHOD(Fixture, "a long turn in which the worker had its CPU is its own", "[datapath]") {
  Turn(21);
  Turn(500);
  CHECK(asked == 2);
  CHECK(LongOnes(counters.turn_times) == 2);
  CHECK(CountOf(counters.interrupted_turn_times) == 0);
}

TEST_CASE_METHOD(Fixture, "a turn that was long for want of the CPU is counted apart",
                 "[datapath]") {
  off_cpu += 85'000;
  Turn(100);
  CHECK(CountOf(counters.turn_times) == 0);
  CHECK(CountOf(counters.interrupted_turn_times) == 1);
  CHECK(counters.interrupted_turn_times.SampleUnder({}).value == Approx(100e-6));
}

TEST_CASE_METHOD(Fixture, "too long also without the interruption: the rest is the worker's own",
                 "[datapath]") {
  off_cpu += 70'000;
  Turn(100);
  CHECK(LongOnes(counters.turn_times) == 1);
  CHECK(counters.turn_times.SampleUnder({}).value == Approx(30e-6));
  CHECK(CountOf(counters.interrupted_turn_times) == 0);
}

TEST_CASE_METHOD(Fixture, "what excused one turn excuses no other", "[datapath]") {
  off_cpu += 85'000;
  Turn(100);
  Turn(100);
  CHECK(CountOf(counters.interrupted_turn_times) == 1);
  CHECK(LongOnes(counters.turn_times) == 1);
}

TEST_CASE_METHOD(Fixture, "a sleep between turns excuses none", "[datapath]") {
  off_cpu += 10'000'000;
  times.Restart();
  Turn(100);
  CHECK(LongOnes(counters.turn_times) == 1);
}

TEST_CASE("off the CPU: a sleep is, work is not", "[datapath]") {
  const std::uint64_t before = OffCpuNanoseconds();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const std::uint64_t slept = OffCpuNanoseconds() - before;
  CHECK(slept >= 20'000'000);
}

}  // namespace
}  // namespace holdfast
