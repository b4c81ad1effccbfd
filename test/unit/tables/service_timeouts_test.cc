#include "tables/service_timeouts.h"

#include <catch2/catch.hpp>

#include "tables/connection_table.h"
#include "tables/flows.h"

namespace holdfast {
namespace {

using testing::Flow;
using testing::HashOf;
using Phase = ConnectionPhase;

constexpr ServiceSlot kShort{0};
constexpr ServiceSlot kCommon{1};
constexpr ServiceSlot kLong{2};
constexpr std::uint32_t kSlack = 8;
constexpr TargetHandle kBlue{1, 0};

CoarseTick At(std::uint64_t seconds) { return CoarseTick::FromSeconds(seconds); }

// tcp_established: 100, 7800 and 20000 s.
ServiceTimeouts Example() {
  const ConnectionTimeouts common;
  return {common, {{.tcp_established = 100}, common, {.tcp_established = 20000}}};
}

TEST_CASE("each service has its timeouts, and all others those of all", "[tables]") {
  const ServiceTimeouts timeouts = Example();
  CHECK(timeouts.Of(kShort).tcp_established == 100 + kSlack);
  CHECK(timeouts.Of(kCommon).tcp_established == 7800 + kSlack);
  CHECK(timeouts.Of(kLong).tcp_established == 20000 + kSlack);
  CHECK(timeouts.Of(ServiceSlot{3}).tcp_established == 7800 + kSlack);
  CHECK(timeouts.Of(kNoService).tcp_established == 7800 + kSlack);
  CHECK(timeouts.shortest().tcp_established == 100 + kSlack);
  CHECK(timeouts.longest().tcp_established == 20000 + kSlack);
  CHECK(timeouts.differ());
  CHECK_FALSE(ServiceTimeouts({}, {{}, {}}).differ());
}

struct Fixture {
  Fixture() {
    std::uint32_t flow = 0;
    for (const ServiceSlot service : {kShort, kCommon, kLong})
      table.Insert(HashOf(flow), {Flow(flow), service}, kBlue, Phase::kEstablished, At(0)), ++flow;
    table.SetLongestTimeouts(timeouts.longest());
  }
  std::uint64_t LeftAfter(std::uint64_t seconds) {
    table.Sweep(table.bucket_count(), {.now = At(seconds), .timeouts = &timeouts});
    return table.size();
  }

  ServiceTimeouts timeouts = Example();
  ConnectionTable table =
      ConnectionTable::Create(WorkerId{0}, 8, {}, testing::kFixedKey, MemoryKind::kNormal).value();
};

TEST_CASE_METHOD(Fixture, "P1: a sweep frees entries after their own service's timeout",
                 "[tables]") {
  CHECK(LeftAfter(100 + kSlack) == 3);
  CHECK(LeftAfter(100 + kSlack + 1) == 2);
  CHECK(LeftAfter(7800 + kSlack) == 2);
  CHECK(LeftAfter(7800 + kSlack + 1) == 1);
  CHECK(LeftAfter(20000 + kSlack) == 1);
  CHECK(LeftAfter(20000 + kSlack + 1) == 0);
}

TEST_CASE_METHOD(Fixture, "P1: another configuration holds for what is there already", "[tables]") {
  timeouts = ServiceTimeouts({}, {{}, {}, {.tcp_established = 50}});
  CHECK(LeftAfter(50 + kSlack + 1) == 2);
  CHECK(table.Find(HashOf(0), At(101 + kSlack), timeouts.Of(kShort))->expired == false);
}

TEST_CASE_METHOD(Fixture, "P1: whoever looks brings the timeouts of his packet", "[tables]") {
  const auto expired = [&](ServiceSlot service, std::uint64_t now) {
    return table.Find(HashOf(0), At(now), timeouts.Of(service))->expired;
  };
  CHECK_FALSE(expired(kShort, 100 + kSlack));
  CHECK(expired(kShort, 101 + kSlack));
  CHECK_FALSE(expired(kCommon, 101 + kSlack));
  CHECK(table.Sight(HashOf(0), At(10), timeouts.Of(kLong))->timeout == 20000 + kSlack);
}

TEST_CASE_METHOD(Fixture, "P8: nobody makes room for his age before the longest timeout",
                 "[tables]") {
  const auto insert = [&](std::uint32_t flow, std::uint64_t now) {
    return table.Insert(HashOf(flow), {Flow(flow), kCommon}, kBlue, Phase::kEstablished, At(now));
  };
  std::uint32_t flow = 3;
  while (insert(flow, 0) == ConnectionTable::InsertOutcome::kInserted) ++flow;
  CHECK(insert(flow, 20000 + kSlack) == ConnectionTable::InsertOutcome::kFull);
  CHECK(insert(flow, 20000 + kSlack + 1) == ConnectionTable::InsertOutcome::kReplacedExpired);
}

// ---- half-open connections

TEST_CASE("half-open connections are counted by service, however they end", "[tables]") {
  ConnectionTable table =
      ConnectionTable::Create(WorkerId{0}, 64, {}, testing::kFixedKey, MemoryKind::kNormal).value();
  const auto open = [&](std::uint32_t flow, ServiceSlot service) {
    table.Insert(HashOf(flow), {Flow(flow), service}, kBlue, Phase::kOpening, At(0));
  };
  const auto entry = [&](std::uint32_t flow) { return table.Find(HashOf(flow), At(0)).value(); };
  open(0, kShort);  // before anybody counts
  table.CountHalfOpen();
  for (std::uint32_t flow = 1; flow <= 5; ++flow) open(flow, kShort);
  open(6, kLong);
  table.Insert(HashOf(7), {Flow(7), kShort}, kBlue, Phase::kAdopted, At(0));
  CHECK(table.half_open(kShort) == 5);
  CHECK(table.half_open(kLong) == 1);

  table.Update(entry(0), Phase::kAcknowledged, At(0));
  CHECK(table.half_open(kShort) == 5);
  table.Update(entry(1), Phase::kOpening, At(0));  // the SYN again
  CHECK(table.half_open(kShort) == 5);
  table.Update(entry(1), Phase::kAcknowledged, At(0));
  table.Update(entry(1), Phase::kEstablished, At(0));
  CHECK(table.half_open(kShort) == 4);
  table.Update(entry(2), Phase::kClosed, At(0));  // a RST
  CHECK(table.half_open(kShort) == 3);
  table.Restart(entry(2), {Flow(2), kShort}, kBlue, Phase::kOpening, At(0));
  CHECK(table.half_open(kShort) == 4);
  table.Erase(entry(3));
  CHECK(table.half_open(kShort) == 3);
  table.Restart(entry(4), {Flow(4), kLong}, kBlue, Phase::kOpening, At(0));
  CHECK(table.half_open(kShort) == 2);
  CHECK(table.half_open(kLong) == 2);
  table.Sweep(table.bucket_count(), {.now = At(31)});
  CHECK(table.half_open(kShort) == 0);
  CHECK(table.half_open(kLong) == 0);
}

TEST_CASE("a flood leaves counts of half-open connections right", "[tables]") {
  ConnectionTable table =
      ConnectionTable::Create(WorkerId{0}, 64, {}, testing::kFixedKey, MemoryKind::kNormal).value();
  table.CountHalfOpen();
  for (std::uint32_t flow = 0; flow < 5000; ++flow)
    table.Insert(HashOf(flow), {Flow(flow), flow % 3 == 0 ? kShort : kLong}, kBlue, Phase::kOpening,
                 At(flow / 1000));
  CHECK(table.half_open(kShort) + table.half_open(kLong) == table.size());
  CHECK(table.half_open(kShort) > 0);
  table.Sweep(table.bucket_count(), {.now = At(1000)});
  CHECK(table.half_open(kShort) + table.half_open(kLong) == 0);
}

}  // namespace
}  // namespace holdfast
