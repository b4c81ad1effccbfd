// A worker pushes, the management core drains: what comes out is whole, in order, or counted.
#include "tables/capture_lane.h"

#include <array>
#include <catch2/catch.hpp>
#include <thread>

namespace holdfast {
namespace {

constexpr std::uint32_t kSnap = 32;

// All of a record, and its bytes, say its number.
void Push(CaptureLane& lane, std::uint64_t number) {
  std::array<std::uint8_t, kSnap> bytes;
  bytes.fill(static_cast<std::uint8_t>(number));
  lane.Push({.cycles = number,
             .length = static_cast<std::uint32_t>(number),
             .kept = static_cast<std::uint32_t>(number % (kSnap + 1))},
            bytes.data());
}
bool IsWhole(const CaptureRecord& record, std::span<const std::uint8_t> bytes) {
  if (record.length != static_cast<std::uint32_t>(record.cycles)) return false;
  if (bytes.size() != record.cycles % (kSnap + 1)) return false;
  for (const std::uint8_t byte : bytes)
    if (byte != static_cast<std::uint8_t>(record.cycles)) return false;
  return true;
}

TEST_CASE("a full lane loses the newest, and counts them", "[tables]") {
  CaptureLane lane(4, kSnap, 1000, 1);
  for (std::uint64_t i = 0; i < 7; ++i) Push(lane, i);
  CHECK(lane.lost() == 3);
  std::vector<std::uint64_t> numbers;
  const auto add = [&](const CaptureRecord& record, auto bytes) {
    CHECK(IsWhole(record, bytes));
    numbers.push_back(record.cycles);
  };
  CHECK(lane.Drain(3, add) == 3);
  Push(lane, 7);
  CHECK(lane.Drain(100, add) == 2);
  CHECK(numbers == std::vector<std::uint64_t>{0, 1, 2, 3, 7});
}

TEST_CASE("what is beyond the count is neither kept nor lost", "[tables]") {
  CaptureLane lane(8, kSnap, 3, 1);
  for (std::uint64_t i = 0; i < 7; ++i) Push(lane, i);
  CHECK_FALSE(lane.wants_more());
  CHECK(lane.lost() == 0);
  CHECK(lane.Drain(100, [](const CaptureRecord&, auto) {}) == 3);
}

TEST_CASE("what is drained while the worker pushes is whole and in order", "[tables][race]") {
  constexpr std::uint64_t kPushes = 200'000;
  CaptureLane lane(64, kSnap, kPushes, 1);
  std::thread worker([&] {
    for (std::uint64_t i = 1; i <= kPushes; ++i) Push(lane, i);
    while (lane.lost() != 0 && lane.wants_more()) Push(lane, kPushes + 1);  // as many as were lost
  });
  std::uint64_t drained = 0;
  std::uint64_t last = 0;
  int wrong = 0;
  while (drained < kPushes) {
    drained += lane.Drain(16, [&](const CaptureRecord& record, auto bytes) {
      wrong += !IsWhole(record, bytes);
      wrong += record.cycles < last;
      last = record.cycles;
    });
  }
  worker.join();
  CHECK(wrong == 0);
  CHECK(drained == kPushes);
}

}  // namespace
}  // namespace holdfast
