#include "tables/connection_table.h"

#include <array>
#include <catch2/catch.hpp>
#include <vector>

#include "tables/flows.h"
#include "tables/snapshot.h"

namespace holdfast {
namespace {

using testing::Flow;
using testing::HashOf;
using Outcome = ConnectionTable::InsertOutcome;
using Phase = ConnectionPhase;

// The smallest table: two buckets, each the other's partner, so that every slot
// is a candidate of every flow.
constexpr std::size_t kSmall = 8;
constexpr std::uint32_t kSmallSlots = 10;
constexpr TargetHandle kBlue{1, 0};
constexpr TargetHandle kGreen{2, 0};
constexpr ConnectionTimeouts kTimeouts;

CoarseTick At(std::uint64_t seconds) { return CoarseTick::FromSeconds(seconds); }

ConnectionTable Table(std::size_t capacity, std::uint16_t owner = 0) {
  return ConnectionTable::Create(WorkerId{owner}, capacity, kTimeouts, testing::kFixedKey,
                                 MemoryKind::kNormal)
      .value();
}

struct Fixture {
  Outcome Insert(std::uint32_t flow, TargetHandle target, Phase phase, std::uint64_t now) {
    return table.Insert(HashOf(flow), {Flow(flow), ServiceSlot{3}}, target, phase, At(now));
  }
  // Flows 0 to 9, all in this phase, to blue.
  void FillWith(Phase phase, std::uint64_t now) {
    for (std::uint32_t flow = 0; flow < kSmallSlots; ++flow)
      REQUIRE(Insert(flow, kBlue, phase, now) == Outcome::kInserted);
  }
  [[nodiscard]] auto Find(std::uint32_t flow, std::uint64_t now) const {
    return table.Find(HashOf(flow), At(now));
  }
  void Update(std::uint32_t flow, Phase phase, std::uint64_t now) {
    table.Update(Find(flow, now).value(), phase, At(now));
  }
  // Which of the flows 0 to 9 are not there any more.
  [[nodiscard]] std::vector<std::uint32_t> Missing(std::uint64_t now) const {
    std::vector<std::uint32_t> missing;
    for (std::uint32_t flow = 0; flow < kSmallSlots; ++flow)
      if (!Find(flow, now)) missing.push_back(flow);
    return missing;
  }
  ConnectionTable::SweepResult SweepAll(const ConnectionTable::SweepRules& rules) {
    return table.Sweep(table.bucket_count(), rules);
  }

  ConnectionTable table = Table(kSmall);
};

// Where packets are not noted one by one, entries idle out that much later.
constexpr std::uint32_t kSlack = 8;

// ---- P1

TEST_CASE_METHOD(Fixture, "P1: an entry is seen with its age and its timeout", "[tables]") {
  CHECK_FALSE(table.Sight(HashOf(1), At(100)));
  REQUIRE(Insert(1, kGreen, Phase::kOpening, 100) == Outcome::kInserted);
  const auto opening = table.Sight(HashOf(1), At(130)).value();
  CHECK(opening.entry.target == kGreen);
  CHECK(opening.idle == 30);
  CHECK(opening.timeout == kTimeouts.tcp_opening);
  CHECK_FALSE(opening.entry.expired);
  CHECK(table.Sight(HashOf(1), At(131))->entry.expired);
  Update(1, Phase::kEstablished, 131);
  const auto established = table.Sight(HashOf(1), At(131)).value();
  CHECK(established.idle == 0);
  CHECK(established.timeout == kTimeouts.tcp_established + kSlack);
}

TEST_CASE_METHOD(Fixture, "P1: a connection keeps target, phase and record", "[tables]") {
  CHECK_FALSE(Find(1, 0));
  REQUIRE(Insert(1, kGreen, Phase::kOpening, 100) == Outcome::kInserted);
  const auto entry = Find(1, 100);
  REQUIRE(entry);
  CHECK(entry->target == kGreen);
  CHECK(entry->phase == Phase::kOpening);
  CHECK_FALSE(entry->expired);
  CHECK(table.Record(entry->slot).key == Flow(1));
  CHECK(table.Record(entry->slot).service == ServiceSlot{3});
  CHECK_FALSE(Find(2, 100));
  CHECK(table.size() == 1);
}

TEST_CASE_METHOD(Fixture, "P1: an entry idles out after the timeout of its phase", "[tables]") {
  struct Row {
    Phase phase;
    std::uint32_t timeout;
  };
  const auto [phase, timeout] =
      GENERATE(Row{Phase::kOpening, 30}, Row{Phase::kAcknowledged, 7800 + kSlack},
               Row{Phase::kClosing, 60}, Row{Phase::kClosed, 60},
               Row{Phase::kEstablished, 7800 + kSlack}, Row{Phase::kAdopted, 7800 + kSlack},
               Row{Phase::kDatagram, 180 + kSlack}, Row{Phase::kDatagrams, 180 + kSlack});
  // Over the wrap of the tick, too.
  const std::uint64_t begin = GENERATE(0U, 1000U, CoarseTick::kMask - 10U);
  CAPTURE(static_cast<int>(phase), begin);
  Insert(1, kBlue, phase, begin);
  CHECK_FALSE(Find(1, begin + timeout)->expired);
  CHECK(SweepAll({.now = At(begin + timeout)}).expired == 0);
  CHECK(Find(1, begin + timeout + 1)->expired);
  CHECK(SweepAll({.now = At(begin + timeout + 1)}).expired == 1);
  CHECK_FALSE(Find(1, begin + timeout + 1));
  CHECK(table.size() == 0);
}

TEST_CASE("P1: no timeout is cut short by the slack, and short ones have none", "[tables]") {
  for (const std::uint32_t timeout : {1U, 15U, 16U, 100U, 7800U}) {
    const ConnectionTimeouts timeouts{.tcp_established = timeout, .udp = timeout};
    CHECK(timeouts.Slack() == std::min(timeout / 16, 8U));
    CHECK(timeouts.WithSlack().tcp_established == timeout + timeouts.Slack());
    CHECK(timeouts.WithSlack().udp == timeout + timeouts.Slack());
    CHECK(timeouts.WithSlack().tcp_opening == timeouts.tcp_opening);
    CHECK(timeouts.WithSlack().tcp_closing == timeouts.tcp_closing);
  }
}

TEST_CASE_METHOD(Fixture, "P1: a client may be silent after the handshake, as in SSH or SMTP",
                 "[tables]") {
  Insert(1, kBlue, Phase::kOpening, 0);
  Update(1, NextPhase(Phase::kOpening, {}), 1);  // the handshake's ACK
  Insert(2, kBlue, Phase::kOpening, 1);
  CHECK(SweepAll({.now = At(3601)}).expired == 1);
  REQUIRE(Find(1, 3601));
  CHECK_FALSE(Find(1, 3601)->expired);
  CHECK_FALSE(Find(2, 3601));
}

// Two workers read the clock one after the other, and a second ends in between.
TEST_CASE_METHOD(Fixture, "P5: an entry whose worker's clock is ahead has not idled out",
                 "[tables]") {
  const std::uint64_t now = GENERATE(100U, CoarseTick::kMask, CoarseTick::kMask + 1);
  Insert(1, kBlue, Phase::kDatagrams, now);
  CHECK_FALSE(Find(1, now - 1)->expired);
  CHECK(SweepAll({.now = At(now - 1)}).expired == 0);
  CHECK(Find(1, now + 180 + kSlack + 1)->expired);
}

TEST_CASE_METHOD(Fixture, "P1: a packet restarts the idle clock", "[tables]") {
  Insert(1, kBlue, Phase::kEstablished, 0);
  Update(1, Phase::kEstablished, 7000);
  CHECK_FALSE(Find(1, 14000)->expired);
  CHECK(Find(1, 14800 + kSlack + 1)->expired);
}

TEST_CASE_METHOD(Fixture, "P1: FIN shortens the timeout and an ordinary packet restores it",
                 "[tables]") {
  Insert(1, kBlue, Phase::kEstablished, 0);
  Update(1, NextPhase(Phase::kEstablished, {.fin = true}), 10);
  CHECK(Find(1, 71)->expired);
  Update(1, NextPhase(Phase::kClosing, {.payload = true}), 20);
  CHECK_FALSE(Find(1, 7000)->expired);
  CHECK(Find(1, 7000)->target == kBlue);
}

TEST_CASE_METHOD(Fixture, "P1: a new request on a closing entry starts it anew", "[tables]") {
  Insert(1, kBlue, Phase::kClosed, 0);
  table.Restart(*Find(1, 5), {Flow(1), ServiceSlot{4}}, kGreen, Phase::kOpening, At(5));
  const auto entry = Find(1, 35);
  REQUIRE(entry);
  CHECK(entry->target == kGreen);
  CHECK(entry->phase == Phase::kOpening);
  CHECK_FALSE(entry->expired);
  CHECK(table.Record(entry->slot).service == ServiceSlot{4});
  CHECK(table.size() == 1);
}

TEST_CASE_METHOD(Fixture, "P1: an erased connection is not found", "[tables]") {
  Insert(1, kBlue, Phase::kEstablished, 0);
  table.Erase(*Find(1, 0));
  CHECK_FALSE(Find(1, 0));
  CHECK(table.size() == 0);
}

// Entries move to make room; each keeps its own record.
TEST_CASE("P1: a table as full as it was made for knows every connection", "[tables]") {
  constexpr std::uint32_t kFlows = 16384;
  ConnectionTable table = Table(kFlows);
  for (std::uint32_t flow = 0; flow < kFlows; ++flow)
    if (table.Insert(HashOf(flow), {Flow(flow), ServiceSlot{0}}, TargetHandle(flow % 4096, 0),
                     Phase::kOpening, At(0)) != Outcome::kInserted)
      FAIL("no room for connection " << flow);
  CHECK(table.size() == kFlows);
  CHECK(table.capacity() >= kFlows);
  for (std::uint32_t flow = 0; flow < kFlows; ++flow) {
    const auto entry = table.Find(HashOf(flow), At(0));
    if (!entry || entry->target != TargetHandle(flow % 4096, 0) ||
        table.Record(entry->slot).key != Flow(flow))
      FAIL("connection " << flow << " is not as it was put in");
  }
}

// ---- P8

TEST_CASE_METHOD(Fixture, "P8: among proven connections there is no room, and nothing changes",
                 "[tables]") {
  FillWith(Phase::kEstablished, 0);
  CHECK(Insert(99, kGreen, Phase::kOpening, 7800) == Outcome::kFull);
  CHECK_FALSE(Find(99, 7800));
  CHECK(Missing(7800).empty());
  for (std::uint32_t flow = 0; flow < kSmallSlots; ++flow) {
    CHECK(Find(flow, 7800)->target == kBlue);
    CHECK(table.Record(Find(flow, 7800)->slot).key == Flow(flow));
  }
  CHECK(table.size() == kSmallSlots);
}

// What the others do not have goes first, wherever it lies.
TEST_CASE_METHOD(Fixture, "P8: unfinished ones make room, then closing, then unproven ones",
                 "[tables]") {
  FillWith(Phase::kEstablished, 0);
  Update(2, Phase::kAdopted, 1);
  Update(7, Phase::kAcknowledged, 2);
  Update(4, Phase::kClosing, 3);
  Update(9, Phase::kOpening, 4);
  const auto make_room = [&](std::uint32_t flow) {
    return Insert(flow, kGreen, Phase::kEstablished, 5);
  };
  CHECK(make_room(90) == Outcome::kEvictedUnfinished);
  CHECK(Missing(5) == std::vector<std::uint32_t>{9});
  CHECK(make_room(91) == Outcome::kEvictedClosing);
  CHECK(Missing(5) == std::vector<std::uint32_t>{4, 9});
  CHECK(make_room(92) == Outcome::kEvictedUnproven);
  CHECK(Missing(5) == std::vector<std::uint32_t>{2, 4, 9});
  CHECK(make_room(93) == Outcome::kEvictedUnproven);
  CHECK(Missing(5) == std::vector<std::uint32_t>{2, 4, 7, 9});
  CHECK(make_room(94) == Outcome::kFull);
  for (const std::uint32_t flow : {90U, 91U, 92U, 93U}) CHECK(Find(flow, 5)->target == kGreen);
  CHECK(table.size() == kSmallSlots);
}

TEST_CASE_METHOD(Fixture, "P8: within a class the longest idle one of a bucket goes first",
                 "[tables]") {
  FillWith(Phase::kOpening, 0);
  constexpr std::uint32_t kFirst = 7;  // idle for longer than the next one, and so on
  const auto idle_since = [](std::uint32_t flow) {
    return (flow + kSmallSlots - kFirst) % kSmallSlots;
  };
  std::vector<FingerprintBuckets::Slot> slots;
  for (std::uint32_t flow = 0; flow < kSmallSlots; ++flow) {
    Update(flow, Phase::kOpening, idle_since(flow));
    slots.push_back(Find(flow, 10)->slot);
  }
  CHECK(Insert(99, kGreen, Phase::kOpening, 12) == Outcome::kEvictedUnfinished);
  const std::uint32_t gone = Missing(12).at(0);
  CHECK(Find(99, 12)->slot == slots[gone]);
  for (std::uint32_t flow = 0; flow < kSmallSlots; ++flow)
    if (slots[flow] / 5 == slots[gone] / 5) CHECK(idle_since(flow) >= idle_since(gone));
}

TEST_CASE_METHOD(Fixture,
                 "P8: a proven connection makes room once it has idled out, and then first",
                 "[tables]") {
  FillWith(Phase::kEstablished, 1000);
  Update(3, Phase::kEstablished, 500);
  CHECK(Insert(99, kGreen, Phase::kOpening, 8300) == Outcome::kFull);
  Update(5, Phase::kOpening, 8300);
  CHECK(Insert(99, kGreen, Phase::kOpening, 8301 + kSlack) == Outcome::kReplacedExpired);
  CHECK(Missing(8301 + kSlack) == std::vector<std::uint32_t>{3});
}

// A flood of SYNs, none of which finishes.
TEST_CASE("P8: a SYN flood displaces no proven connection", "[tables]") {
  constexpr std::uint32_t kProven = 800;
  ConnectionTable table = Table(1024);
  for (std::uint32_t flow = 0; flow < kProven; ++flow)
    table.Insert(HashOf(flow), {Flow(flow), ServiceSlot{0}}, kBlue, Phase::kEstablished, At(0));
  int evicted = 0;
  for (std::uint32_t flow = 10'000; flow < 60'000; ++flow)
    evicted += table.Insert(HashOf(flow), {Flow(flow), ServiceSlot{0}}, kGreen, Phase::kOpening,
                            At(1)) == Outcome::kEvictedUnfinished;
  CHECK(evicted > 40'000);
  for (std::uint32_t flow = 0; flow < kProven; ++flow)
    if (!table.Find(HashOf(flow), At(1))) FAIL("connection " << flow << " was displaced");
}

// ---- P7

TEST_CASE_METHOD(Fixture, "P7: entries of a removed target are swept, and no others", "[tables]") {
  Insert(1, kBlue, Phase::kEstablished, 0);
  Insert(2, kGreen, Phase::kEstablished, 0);
  Insert(3, kGreen.NextGeneration(), Phase::kEstablished, 0);
  const Snapshot snapshot(
      Snapshot::Parts{2,
                      {{},
                       {kBlue, TargetState::kUp, PortIndex{0}, "blue", {}},
                       {kGreen, TargetState::kRemoved, PortIndex{0}, "green", {}}},
                      {}});
  const auto is_gone = [](const void* context, TargetHandle target) {
    return static_cast<const Snapshot*>(context)->Find(target) == nullptr;
  };
  const auto result = SweepAll({.now = At(1), .is_stale = is_gone, .context = &snapshot});
  CHECK(result.stale == 2);
  CHECK(result.expired == 0);
  CHECK(Find(1, 1));
  CHECK_FALSE(Find(2, 1));
  CHECK_FALSE(Find(3, 1));
  CHECK(table.size() == 1);
}

TEST_CASE("P7: a sweep goes through the table in parts, and says when it was through", "[tables]") {
  ConnectionTable table = Table(64);  // 16 buckets
  REQUIRE(table.bucket_count() == 16);
  for (std::uint32_t flow = 0; flow < 60; ++flow)
    table.Insert(HashOf(flow), {Flow(flow), ServiceSlot{0}}, kBlue, Phase::kOpening, At(0));
  const auto expired_in = [&](std::size_t buckets, bool completes) {
    const auto result = table.Sweep(buckets, {.now = At(1000)});
    CHECK(result.pass_completed == completes);
    return result.expired;
  };
  const std::uint32_t first = expired_in(10, false);
  CHECK(first > 0);
  CHECK(first < 60);
  // It stops at the end of the pass, and the next call begins another.
  CHECK(first + expired_in(10, true) == 60);
  CHECK(table.size() == 0);
  CHECK(expired_in(15, false) == 0);
  CHECK(expired_in(1, true) == 0);
}

// ---- P5

struct TwoWorkers {
  void InsertOriginal(std::uint32_t flow) {
    first.Insert(HashOf(flow), {Flow(flow), ServiceSlot{0}}, kBlue, Phase::kEstablished, At(0));
  }
  void InsertCopy(std::uint32_t flow) {
    second.Insert(HashOf(flow), {Flow(flow), ServiceSlot{0}, 0}, kBlue, Phase::kEstablished, At(0));
  }
  std::uint32_t PromotedBySweep(std::uint64_t now) {
    const std::array<const ConnectionTable*, 2> tables{&first, &second};
    return second.Sweep(second.bucket_count(), {.now = At(now), .all_tables = tables}).promoted;
  }
  [[nodiscard]] bool IsCopy(std::uint32_t flow) const {
    return second.Record(second.Find(HashOf(flow), At(0)).value().slot).IsCopy();
  }
  ConnectionTable first = Table(kSmall, 0);
  ConnectionTable second = Table(kSmall, 1);
};

TEST_CASE_METHOD(TwoWorkers, "P5: a copy counts for nothing while its original lives", "[tables]") {
  InsertOriginal(1);
  InsertCopy(1);
  CHECK(second.size() == 0);
  CHECK(second.copies() == 1);
  CHECK(PromotedBySweep(1) == 0);
  CHECK(IsCopy(1));
  second.Erase(*second.Find(HashOf(1), At(1)));
  CHECK(second.copies() == 0);
  CHECK(second.size() == 0);
}

TEST_CASE_METHOD(TwoWorkers, "P5: a copy becomes the original when that one is gone", "[tables]") {
  const bool by_expiry = GENERATE(false, true);
  InsertOriginal(1);
  InsertOriginal(2);
  InsertCopy(1);
  InsertCopy(2);
  const std::uint64_t now = by_expiry ? 7000 : 1;
  if (by_expiry) {
    first.Update(*first.Find(HashOf(1), At(0)), Phase::kClosed, At(0));
  } else {
    first.Erase(*first.Find(HashOf(1), At(0)));
  }
  CHECK(PromotedBySweep(now) == 1);
  CHECK_FALSE(IsCopy(1));
  CHECK(IsCopy(2));
  CHECK(second.size() == 1);
  CHECK(second.copies() == 1);
  CHECK(second.Find(HashOf(1), At(now))->target == kBlue);
  CHECK(PromotedBySweep(now) == 0);
}

TEST_CASE_METHOD(TwoWorkers, "P5: a copy that starts anew is an original", "[tables]") {
  InsertCopy(1);
  second.Restart(*second.Find(HashOf(1), At(0)), {Flow(1), ServiceSlot{0}}, kGreen, Phase::kOpening,
                 At(0));
  CHECK(second.size() == 1);
  CHECK(second.copies() == 0);
}

}  // namespace
}  // namespace holdfast
