#include "affinity/affinity_book.h"

#include <catch2/catch.hpp>

namespace holdfast {
namespace {

using Outcome = AffinityOutcome;
using Cells = AffinityBook::Cells;
using List = std::vector<AffinityCell>;

constexpr ServiceSlot kWeb{0};
constexpr TargetHandle kBlue{1, 0};
constexpr TargetHandle kGreen{2, 0};
const IpAddress kClient = IpAddress::FromV4(0xC6336407);
const IpAddress kOtherClient = IpAddress::FromV4(0xC6336408);

AffinityCell Cell(std::uint16_t client_port, std::uint16_t service_port, IpAddress client = kClient,
                  ServiceSlot service = kWeb) {
  return {service, client, client_port, service_port};
}

constexpr std::uint16_t kAny = 0;    // client port
constexpr std::uint16_t kWhole = 0;  // service

struct Fixture {
  AffinityBook book{{.capacity = 100, .max_duration = absl::Hours(4)}};
  absl::Duration now = absl::Seconds(1000);

  Outcome Start(const Cells& cells, TargetHandle owner,
                absl::Duration duration = absl::Minutes(10)) {
    const auto verdict = book.JudgeStart(cells, owner);
    conflict = verdict.conflict;
    if (verdict.outcome == Outcome::kStarted || verdict.outcome == Outcome::kRenewed)
      book.Establish(verdict, owner, now, book.Grant(duration));
    return verdict.outcome;
  }
  Outcome End(const Cells& cells, TargetHandle owner, bool allow_partial = false) {
    const auto verdict = book.JudgeEnd(cells, owner, allow_partial);
    conflict = verdict.conflict;
    if (verdict.outcome == Outcome::kEnded) gone = book.End(verdict, owner).gone;
    return verdict.outcome;
  }
  // nullopt: balanced.
  std::optional<TargetHandle> OwnerFor(std::uint16_t client_port, std::uint16_t service_port,
                                       IpAddress client = kClient) const {
    const auto followed = book.FollowedBy(Cell(client_port, service_port, client));
    return followed ? std::optional(followed->affinity.owner) : std::nullopt;
  }

  std::optional<AffinityBook::Standing> conflict;  // of the last request
  List gone;                                       // by the last end
};

TEST_CASE_METHOD(Fixture, "A1: a start where nothing is gives the client its owner", "[affinity]") {
  CHECK(Start({Cell(kAny, kWhole)}, kBlue) == Outcome::kStarted);
  CHECK(OwnerFor(40000, 80) == kBlue);
  CHECK_FALSE(OwnerFor(40000, 80, kOtherClient));
}

TEST_CASE_METHOD(Fixture, "A1: a named port is given and the others are not", "[affinity]") {
  CHECK(Start({Cell(40000, 80)}, kBlue) == Outcome::kStarted);
  CHECK(OwnerFor(40000, 80) == kBlue);
  CHECK_FALSE(OwnerFor(40000, 443));
  CHECK_FALSE(OwnerFor(40001, 80));
}

TEST_CASE_METHOD(Fixture, "A2: a second start by the owner restarts the clock", "[affinity]") {
  Start({Cell(kAny, kWhole)}, kBlue, absl::Seconds(10));
  now += absl::Seconds(9);
  CHECK(Start({Cell(kAny, kWhole)}, kBlue, absl::Seconds(10)) == Outcome::kRenewed);
  CHECK(book.TakeDue(now + absl::Seconds(9), 10).gone.empty());
  CHECK(book.size() == 1);
  CHECK(book.TakeDue(now + absl::Seconds(10), 10).gone.size() == 1);
}

TEST_CASE_METHOD(Fixture, "A2: a renewal may also shorten", "[affinity]") {
  Start({Cell(kAny, kWhole)}, kBlue, absl::Seconds(100));
  Start({Cell(kAny, kWhole)}, kBlue, absl::Seconds(10));
  CHECK(book.TakeDue(now + absl::Seconds(10), 10).gone.size() == 1);
  CHECK(book.TakeDue(now + absl::Seconds(100), 10).gone.empty());
}

TEST_CASE_METHOD(Fixture, "A2: a cell that stands is renewed though a wider one is around it",
                 "[affinity]") {
  Start({Cell(40000, 80)}, kBlue);
  Start({Cell(kAny, 80)}, kBlue);
  Start({Cell(kAny, kWhole)}, kGreen);
  CHECK(Start({Cell(40000, 80)}, kBlue) == Outcome::kRenewed);
}

TEST_CASE_METHOD(Fixture, "A3: one cell of another owner refuses the whole", "[affinity]") {
  Start({Cell(40000, 80)}, kGreen);
  CHECK(Start({Cell(39999, 80), Cell(40000, 80)}, kBlue) == Outcome::kOwnedByOther);
  REQUIRE(conflict);
  CHECK(conflict->cell == Cell(40000, 80));
  CHECK(conflict->affinity.owner == kGreen);
  CHECK(book.size() == 1);
  CHECK_FALSE(OwnerFor(39999, 80));
}

TEST_CASE_METHOD(Fixture, "A4: what lies inside wider ones of the owner is covered", "[affinity]") {
  const auto wider = GENERATE(Cell(kAny, kWhole), Cell(40000, kWhole), Cell(kAny, 80));
  Start({wider}, kBlue, absl::Seconds(10));
  now += absl::Seconds(5);
  CHECK(Start({Cell(40000, 80)}, kBlue) == Outcome::kCovered);
  REQUIRE(conflict);
  CHECK(conflict->cell == wider);
  CHECK(book.size() == 1);
  CHECK(book.TakeDue(now + absl::Seconds(5), 10).gone.size() == 1);  // its clock went on
}

TEST_CASE_METHOD(Fixture, "A4: if only some cells are covered, all are established", "[affinity]") {
  Start({Cell(kAny, 80)}, kBlue);
  CHECK(Start({Cell(40000, 80), Cell(40000, 443)}, kBlue) == Outcome::kStarted);
  CHECK(book.size() == 3);
  CHECK(End({Cell(kAny, 80)}, kBlue) == Outcome::kEnded);
  CHECK(OwnerFor(40000, 80) == kBlue);
}

TEST_CASE_METHOD(Fixture, "A4: covered and renewed cells together are established and renewed",
                 "[affinity]") {
  Start({Cell(kAny, 80)}, kBlue);
  CHECK(Start({Cell(kAny, 80), Cell(40000, 80)}, kBlue) == Outcome::kStarted);
  CHECK(book.size() == 2);
}

TEST_CASE_METHOD(Fixture, "A5: what lies inside a wider one of another owner is refused",
                 "[affinity]") {
  const auto wider = GENERATE(Cell(kAny, kWhole), Cell(40000, kWhole), Cell(kAny, 80));
  Start({wider}, kGreen);
  CHECK(Start({Cell(40000, 80), Cell(40000, 80, kOtherClient)}, kBlue) == Outcome::kOwnedByOther);
  REQUIRE(conflict);
  CHECK(conflict->cell == wider);
  CHECK(book.size() == 1);
}

TEST_CASE_METHOD(Fixture, "A5: parts that cross do not contain each other", "[affinity]") {
  Start({Cell(40000, kWhole)}, kGreen);
  CHECK(Start({Cell(kAny, 80)}, kBlue) == Outcome::kStarted);
  CHECK(Start({Cell(40001, 443, kOtherClient)}, kBlue) == Outcome::kStarted);
}

TEST_CASE_METHOD(Fixture, "A5: of wider ones of two owners the narrowest decides", "[affinity]") {
  Start({Cell(kAny, 80)}, kBlue);
  Start({Cell(40000, kWhole)}, kGreen);
  CHECK(Start({Cell(40000, 80)}, kBlue) == Outcome::kOwnedByOther);
  CHECK(Start({Cell(40000, 80)}, kGreen) == Outcome::kCovered);
}

TEST_CASE_METHOD(Fixture, "A6: a wider start leaves narrower ones winning", "[affinity]") {
  Start({Cell(40000, 80)}, kGreen);
  Start({Cell(kAny, 443)}, kGreen);
  CHECK(Start({Cell(kAny, kWhole)}, kBlue) == Outcome::kStarted);
  CHECK(OwnerFor(40000, 80) == kGreen);
  CHECK(OwnerFor(40001, 443) == kGreen);
  CHECK(OwnerFor(40001, 80) == kBlue);
}

TEST_CASE_METHOD(Fixture, "P2: a named client port wins over a named service port", "[affinity]") {
  Start({Cell(kAny, 80)}, kBlue);
  Start({Cell(40000, kWhole)}, kGreen);
  CHECK(OwnerFor(40000, 80) == kGreen);
}

TEST_CASE("A9: a start that does not fit changes nothing", "[affinity]") {
  AffinityBook book({.capacity = 2});
  const auto first = book.JudgeStart({Cell(1, kWhole)}, kBlue);
  book.Establish(first, kBlue, absl::ZeroDuration(), absl::Hours(1));
  CHECK(book.JudgeStart({Cell(2, kWhole), Cell(3, kWhole)}, kBlue).outcome == Outcome::kTableFull);
  CHECK(book.JudgeStart({Cell(1, kWhole), Cell(2, kWhole)}, kBlue).outcome == Outcome::kStarted);
  CHECK(book.size() == 1);
}

TEST_CASE("A9: a full book still renews, and says who owns what", "[affinity]") {
  AffinityBook book({.capacity = 1});
  book.Establish(book.JudgeStart({Cell(1, kWhole)}, kBlue), kBlue, absl::ZeroDuration(),
                 absl::Hours(1));
  CHECK(book.JudgeStart({Cell(1, kWhole)}, kBlue).outcome == Outcome::kRenewed);
  CHECK(book.JudgeStart({Cell(1, kWhole)}, kGreen).outcome == Outcome::kOwnedByOther);
  CHECK(book.JudgeStart({Cell(2, kWhole)}, kGreen).outcome == Outcome::kTableFull);
}

TEST_CASE_METHOD(Fixture, "A11: an end of the same cells ends them", "[affinity]") {
  Start({Cell(40000, 80), Cell(40001, 80)}, kBlue);
  CHECK(End({Cell(40001, 80), Cell(40000, 80), Cell(40001, 80)}, kBlue) == Outcome::kEnded);
  CHECK(book.size() == 0);
  CHECK(book.TakeDue(absl::InfiniteDuration(), 10).gone.empty());
}

TEST_CASE_METHOD(Fixture, "A11: an end leaves the wider one that is around", "[affinity]") {
  Start({Cell(40000, 80)}, kGreen);
  Start({Cell(kAny, kWhole)}, kBlue);
  CHECK(End({Cell(40000, 80)}, kGreen) == Outcome::kEnded);
  CHECK(OwnerFor(40000, 80) == kBlue);
}

TEST_CASE_METHOD(Fixture, "A12: a part of a wider affinity is not ended", "[affinity]") {
  Start({Cell(kAny, kWhole)}, kBlue);
  CHECK(End({Cell(40000, 80)}, kBlue) == Outcome::kNotEndedCovered);
  REQUIRE(conflict);
  CHECK(conflict->cell == Cell(kAny, kWhole));
  CHECK(OwnerFor(40000, 80) == kBlue);
}

TEST_CASE_METHOD(Fixture, "A14: an end of what does not stand finds nothing", "[affinity]") {
  CHECK(End({Cell(kAny, kWhole)}, kBlue) == Outcome::kNotFound);
  Start({Cell(40000, 80)}, kBlue);
  CHECK(End({Cell(kAny, kWhole)}, kBlue) == Outcome::kNotFound);
  CHECK(End({Cell(40000, 80, kOtherClient)}, kBlue) == Outcome::kNotFound);
}

TEST_CASE_METHOD(Fixture, "A14: cells are ended together or not at all", "[affinity]") {
  Start({Cell(40000, 80)}, kBlue);
  CHECK(End({Cell(40000, 80), Cell(40001, 80)}, kBlue) == Outcome::kNotFound);
  CHECK(OwnerFor(40000, 80) == kBlue);
}

TEST_CASE_METHOD(Fixture, "A15: another target's affinity is not ended, nor a part of it",
                 "[affinity]") {
  Start({Cell(kAny, 80)}, kGreen);
  CHECK(End({Cell(kAny, 80)}, kBlue) == Outcome::kOwnedByOther);
  CHECK(End({Cell(40000, 80)}, kBlue) == Outcome::kOwnedByOther);
  REQUIRE(conflict);
  CHECK(conflict->cell == Cell(kAny, 80));
  CHECK(OwnerFor(40000, 80) == kGreen);
}

TEST_CASE_METHOD(Fixture, "A15: exactly these cells first, then the owner's wider ones",
                 "[affinity]") {
  Start({Cell(40000, 80)}, kGreen);
  Start({Cell(kAny, 80)}, kGreen);
  Start({Cell(kAny, kWhole)}, kBlue);
  CHECK(End({Cell(40000, 80)}, kBlue) == Outcome::kOwnedByOther);
  CHECK(End({Cell(40001, 80)}, kBlue) == Outcome::kNotEndedCovered);
  CHECK(End({Cell(40001, 80), Cell(40000, 80)}, kBlue) == Outcome::kOwnedByOther);
}

TEST_CASE_METHOD(Fixture, "A17: no duration, or too long a one, is granted the longest",
                 "[affinity]") {
  for (const auto asked : {absl::ZeroDuration(), -absl::Seconds(1), absl::Hours(4), absl::Hours(5),
                           absl::InfiniteDuration(), absl::Hours(4) - absl::Milliseconds(1)})
    CHECK(book.Grant(asked) == absl::Hours(4));
  CHECK(book.Grant(absl::Hours(4) - absl::Seconds(1)) == absl::Hours(4) - absl::Seconds(1));
  CHECK(book.Grant(absl::Milliseconds(1)) == absl::Seconds(1));
}

TEST_CASE_METHOD(Fixture, "A18: an affinity ends at its time and not before", "[affinity]") {
  Start({Cell(1, kWhole)}, kBlue, absl::Seconds(10));
  Start({Cell(2, kWhole)}, kBlue, absl::Seconds(5));
  Start({Cell(3, kWhole)}, kBlue, absl::Seconds(7));
  CHECK(book.TakeDue(now + absl::Seconds(5) - absl::Nanoseconds(1), 10).gone.empty());
  CHECK(book.TakeDue(now + absl::Seconds(5), 10).gone == List{Cell(2, kWhole)});
  CHECK(book.TakeDue(now + absl::Seconds(10), 1).gone == List{Cell(3, kWhole)});
  CHECK(book.TakeDue(now + absl::Seconds(10), 1).gone == List{Cell(1, kWhole)});
  CHECK(book.size() == 0);
}

TEST_CASE_METHOD(Fixture, "order and repetition of cells do not matter", "[affinity]") {
  CHECK(Start({Cell(2, 80), Cell(1, 80), Cell(2, 80)}, kBlue) == Outcome::kStarted);
  CHECK(book.size() == 2);
  CHECK(Start({Cell(1, 80), Cell(2, 80)}, kBlue) == Outcome::kRenewed);
  CHECK(End({Cell(2, 80), Cell(1, 80), Cell(1, 80)}, kBlue) == Outcome::kEnded);
}

TEST_CASE_METHOD(Fixture, "affinities are listed page by page, each once, whatever ends meanwhile",
                 "[affinity]") {
  Start({Cell(1, 80), Cell(2, 80), Cell(3, 80)}, kBlue);
  const auto first = book.ListFrom(0, 2);
  REQUIRE(first.standing.size() == 2);
  CHECK(first.standing[0].cell == Cell(1, 80));
  CHECK(first.standing[1].cell == Cell(2, 80));
  End({Cell(1, 80), Cell(2, 80)}, kBlue);  // also after the page's last has gone
  const auto second = book.ListFrom(first.next, 2);
  REQUIRE(second.standing.size() == 1);
  CHECK(second.standing[0].cell == Cell(3, 80));
  CHECK(second.next == kNoRecord);
}

TEST_CASE_METHOD(Fixture, "A17: another longest duration is for later grants", "[affinity]") {
  book.SetMaxDuration(absl::Seconds(7));
  CHECK(book.Grant(absl::Hours(1)) == absl::Seconds(7));
  CHECK(book.Grant(absl::Seconds(5)) == absl::Seconds(5));
}

TEST_CASE_METHOD(Fixture, "affinities are counted by service and by owner", "[affinity]") {
  constexpr ServiceSlot kDns{7};
  Start({Cell(1, kWhole), Cell(2, kWhole), Cell(1, kWhole, kClient, kDns)}, kBlue);
  Start({Cell(3, kWhole)}, kGreen);
  CHECK(book.CountOf(kWeb) == 3);
  CHECK(book.CountOf(kBlue) == 3);
  CHECK(book.CountOf(kWeb, kBlue) == 2);
  Cells of_green;
  book.ForEachOf(kWeb, kGreen, [&](const AffinityCell& cell) { of_green.push_back(cell); });
  std::size_t groups = 0;
  book.ForEachGroup([&](ServiceSlot, TargetHandle) { ++groups; });
  CHECK(groups == 3);
  CHECK(of_green == Cells{Cell(3, kWhole)});
  End({Cell(3, kWhole)}, kGreen);
  CHECK(book.CountOf(kGreen) == 0);
  CHECK(book.CountOf(kDns, kGreen) == 0);
}

TEST_CASE_METHOD(Fixture, "P2: all that a request matches, in the order in which they win",
                 "[affinity]") {
  CHECK(book.MatchedBy(Cell(40000, 80)).empty());
  const Cells in_order = {Cell(40000, 80), Cell(40000, kWhole), Cell(kAny, 80), Cell(kAny, kWhole)};
  for (const AffinityCell& cell : in_order) REQUIRE(Start({cell}, kBlue) == Outcome::kStarted);
  REQUIRE(Start({Cell(40001, kWhole)}, kBlue) == Outcome::kCovered);
  Cells matched;
  for (const auto& match : book.MatchedBy(Cell(40000, 80))) matched.push_back(match.standing.cell);
  CHECK(matched == in_order);
  CHECK(book.MatchedBy(Cell(40001, 81)).size() == 1);
  CHECK(book.MatchedBy(Cell(40000, 80, kOtherClient)).empty());
}

}  // namespace
}  // namespace holdfast
