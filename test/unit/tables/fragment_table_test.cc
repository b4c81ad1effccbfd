#include "tables/fragment_table.h"

#include <catch2/catch.hpp>
#include <thread>

namespace holdfast {
namespace {

constexpr CoarseTick At(std::uint32_t seconds) { return CoarseTick::FromCycles(seconds, 1); }

FragmentTable::Way WayTo(std::size_t target) {
  return {Destination(ServiceSlot(target % 7), ForwardingMode::kIpip, true),
          TargetHandle(target, target % 4)};
}
FlowHash HashNumber(std::uint64_t number) {
  return {number * 0x9E3779B97F4A7C15, number * 0xBF58476D1CE4E5B9};
}

TEST_CASE("later fragments find what their first one told, for a while", "[tables]") {
  FragmentTable table;
  CHECK_FALSE(table.Find(HashNumber(1), At(100)));
  table.Insert(HashNumber(1), WayTo(3), At(100));
  CHECK(table.Find(HashNumber(1), At(100)) == WayTo(3));
  CHECK(table.Find(HashNumber(1), At(100 + FragmentTable::kLifetime)) == WayTo(3));
  CHECK_FALSE(table.Find(HashNumber(1), At(101 + FragmentTable::kLifetime)));
  // The same identification, another datagram.
  table.Insert(HashNumber(1), WayTo(4), At(105));
  CHECK(table.Find(HashNumber(1), At(105)) == WayTo(4));
}

TEST_CASE("memory is bounded: the oldest make room", "[tables]") {
  FragmentTable table;
  const std::uint64_t count = 4 * FragmentTable::kEntries;
  for (std::uint64_t i = 1; i <= count; ++i)
    table.Insert(HashNumber(i), WayTo(i % 4096), At(100 + i / FragmentTable::kEntries));
  std::size_t found = 0;
  for (std::uint64_t i = count - FragmentTable::kEntries / 4; i <= count; ++i)
    found += table.Find(HashNumber(i), At(105)) == WayTo(i % 4096);
  CHECK(found > FragmentTable::kEntries / 4 * 95 / 100);
}

TEST_CASE("workers that write and read at once never find another datagram's way",
          "[tables][race]") {
  FragmentTable table;
  // Few sets and many datagrams: all take each other's places.
  const auto hash = [](std::uint64_t number) {
    FlowHash one = HashNumber(number);
    one.bucket = number % 2;
    return one;
  };
  std::atomic<bool> wrong{false};
  const auto work = [&](std::uint64_t first) {
    for (std::uint64_t i = 0; i < 200'000; ++i) {
      const std::uint64_t number = 1 + (first + i * 7) % 64;
      if (i % 3 == 0) table.Insert(hash(number), WayTo(number), At(100));
      const auto found = table.Find(hash(number), At(100));
      if (found && !(*found == WayTo(number))) wrong = true;
    }
  };
  std::thread other(work, 11);
  work(0);
  other.join();
  CHECK_FALSE(wrong);
}

}  // namespace
}  // namespace holdfast
