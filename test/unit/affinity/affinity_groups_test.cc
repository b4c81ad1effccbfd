// Prefixes of clients, holes in them, quotas and clocks that connections restart.
#include <catch2/catch.hpp>

#include "affinity/affinity_book.h"

namespace holdfast {
namespace {

using Outcome = AffinityOutcome;
using List = std::vector<AffinityCell>;

constexpr ServiceSlot kWeb{0};
constexpr TargetHandle kBlue{1, 0};
constexpr TargetHandle kGreen{2, 0};

// "198.51.100.0/24", or one host.
AffinityCell Clients(const std::string& text, std::uint16_t client_port = 0,
                     std::uint16_t service_port = 0) {
  const bool is_prefix = text.find('/') != std::string::npos;
  const IpAddress host = IpAddress::Parse(is_prefix ? "::" : text).value();
  const IpPrefix prefix =
      is_prefix ? IpPrefix::Parse(text).value() : IpPrefix{host, host.HostPrefixLength()};
  return {kWeb, prefix.address, client_port, service_port,
          static_cast<std::uint8_t>(prefix.address.HostPrefixLength() - prefix.length)};
}

struct Fixture {
  AffinityBook book{{.capacity = 10'000, .quota = 9'000, .max_duration = absl::Hours(4)}};
  absl::Duration now = absl::Seconds(1000);

  Outcome Start(const AffinityCell& cell, TargetHandle owner,
                absl::Duration duration = absl::Minutes(10), bool extends = false) {
    const auto verdict = book.JudgeStart({cell}, owner);
    if (verdict.outcome == Outcome::kStarted || verdict.outcome == Outcome::kRenewed)
      granted = book.Establish(verdict, owner, now, duration,
                               [extends](const AffinityCell&) { return extends; })
                    .granted;
    return verdict.outcome;
  }
  Outcome End(const AffinityCell& cell, TargetHandle owner, bool allow_partial = false) {
    const auto verdict = book.JudgeEnd({cell}, owner, allow_partial);
    if (verdict.outcome == Outcome::kEnded) gone = book.End(verdict, owner).gone;
    return verdict.outcome;
  }
  Outcome Cut(const AffinityCell& cell, TargetHandle owner) { return End(cell, owner, true); }
  // nullopt: balanced.
  std::optional<TargetHandle> OwnerFor(const std::string& client, std::uint16_t client_port = 40000,
                                       std::uint16_t service_port = 80) const {
    const auto followed = book.FollowedBy(Clients(client, client_port, service_port));
    return followed ? std::optional(followed->affinity.owner) : std::nullopt;
  }

  template <typename... Arguments>
  List Due(Arguments... arguments) {
    return book.TakeDue(arguments...).gone;
  }

  absl::Duration granted;  // by the last start
  List gone;               // by the last end
};

TEST_CASE_METHOD(Fixture, "P2: the longest prefix wins, before any port that is named",
                 "[affinity]") {
  CHECK(Start(Clients("198.51.100.0/24", 40000, 80), kBlue) == Outcome::kStarted);
  CHECK(Start(Clients("198.51.100.16/28"), kGreen) == Outcome::kStarted);
  CHECK(Start(Clients("198.51.100.0/22"), kGreen) == Outcome::kStarted);
  CHECK(OwnerFor("198.51.100.17") == kGreen);
  CHECK(OwnerFor("198.51.100.1") == kBlue);
  CHECK(OwnerFor("198.51.100.1", 40001) == kGreen);
  CHECK(OwnerFor("198.51.101.17") == kGreen);
  CHECK_FALSE(OwnerFor("198.51.104.1"));
}

TEST_CASE_METHOD(Fixture, "P2: prefixes of IPv6, down to all of it", "[affinity]") {
  Start(Clients("2001:db8::/47"), kBlue);
  Start(Clients("::/0"), kGreen);
  CHECK(OwnerFor("2001:db8:1:ffff::1") == kBlue);
  CHECK(OwnerFor("2001:db8:2::1") == kGreen);
  CHECK_FALSE(OwnerFor("198.51.100.7"));
  Start(Clients("0.0.0.0/0"), kBlue);
  CHECK(OwnerFor("198.51.100.7") == kBlue);
}

TEST_CASE_METHOD(Fixture, "A3-A6: a prefix is judged by what is around it and what it is around",
                 "[affinity]") {
  Start(Clients("198.51.100.0/24"), kBlue);
  CHECK(Start(Clients("198.51.100.0/24"), kGreen) == Outcome::kOwnedByOther);  // A3
  CHECK(Start(Clients("198.51.100.128/25"), kBlue) == Outcome::kCovered);      // A4
  CHECK(Start(Clients("198.51.100.7"), kGreen) == Outcome::kOwnedByOther);     // A5
  CHECK(Start(Clients("198.51.100.7", 0, 80), kGreen) == Outcome::kOwnedByOther);
  CHECK(Start(Clients("198.51.0.0/16"), kGreen) == Outcome::kStarted);  // A6
  CHECK(OwnerFor("198.51.100.7") == kBlue);
  CHECK(OwnerFor("198.51.101.7") == kGreen);
  CHECK(Start(Clients("198.51.100.0/24"), kBlue) == Outcome::kRenewed);  // A2
}

TEST_CASE_METHOD(Fixture, "A9: a quota is of one owner, and counts holes", "[affinity]") {
  book.SetQuota(2);
  CHECK(Start(Clients("198.51.100.0/24"), kBlue) == Outcome::kStarted);
  CHECK(Cut(Clients("198.51.100.7"), kBlue) == Outcome::kEnded);
  CHECK(Start(Clients("203.0.113.1"), kBlue) == Outcome::kQuotaExceeded);
  CHECK(Cut(Clients("198.51.100.8"), kBlue) == Outcome::kQuotaExceeded);
  CHECK(Start(Clients("198.51.100.0/24"), kBlue) == Outcome::kRenewed);
  CHECK(Start(Clients("203.0.113.1"), kGreen) == Outcome::kStarted);
  CHECK(Start(Clients("198.51.100.7"), kBlue) == Outcome::kRenewed);  // the hole is closed
  CHECK(Start(Clients("203.0.113.2"), kBlue) == Outcome::kStarted);
}

TEST_CASE_METHOD(Fixture, "A12: a part is cut out, its clients are balanced, the rest stays",
                 "[affinity]") {
  Start(Clients("198.51.100.0/24"), kBlue);
  CHECK(End(Clients("198.51.100.16/28"), kBlue) == Outcome::kNotEndedCovered);
  CHECK(Cut(Clients("198.51.100.16/28"), kBlue) == Outcome::kEnded);
  CHECK_FALSE(OwnerFor("198.51.100.17"));
  CHECK(OwnerFor("198.51.100.7") == kBlue);
  CHECK(Cut(Clients("198.51.100.17"), kBlue) == Outcome::kNotFound);  // it is no part any more
  CHECK(Cut(Clients("198.51.100.16/28"), kBlue) == Outcome::kNotFound);
}

TEST_CASE_METHOD(Fixture, "A12: one client port, or one service port, can be cut out as well",
                 "[affinity]") {
  Start(Clients("198.51.100.7"), kBlue);
  CHECK(Cut(Clients("198.51.100.7", 40000), kBlue) == Outcome::kEnded);
  CHECK_FALSE(OwnerFor("198.51.100.7", 40000));
  CHECK(OwnerFor("198.51.100.7", 40001) == kBlue);
  CHECK(Cut(Clients("198.51.100.7", 0, 443), kBlue) == Outcome::kEnded);
  CHECK_FALSE(OwnerFor("198.51.100.7", 40001, 443));
  CHECK(OwnerFor("198.51.100.7", 40001, 80) == kBlue);
}

TEST_CASE_METHOD(Fixture, "A12: renewing the whole leaves the hole; ending it ends its holes",
                 "[affinity]") {
  Start(Clients("198.51.100.0/24"), kBlue);
  Cut(Clients("198.51.100.7"), kBlue);
  CHECK(Start(Clients("198.51.100.0/24"), kBlue) == Outcome::kRenewed);
  CHECK_FALSE(OwnerFor("198.51.100.7"));
  CHECK(End(Clients("198.51.100.0/24"), kBlue) == Outcome::kEnded);
  CHECK(gone == List{Clients("198.51.100.7").AsHole(), Clients("198.51.100.0/24")});
  CHECK(book.size() == 0);
  Start(Clients("198.51.100.0/24"), kBlue);
  CHECK(OwnerFor("198.51.100.7") == kBlue);
}

TEST_CASE_METHOD(Fixture,
                 "A12: a start of exactly the cut part closes the hole, and no clock restarts",
                 "[affinity]") {
  Start(Clients("198.51.100.0/24"), kBlue, absl::Seconds(60));
  Cut(Clients("198.51.100.16/28"), kBlue);
  now += absl::Seconds(20);
  CHECK(Start(Clients("198.51.100.16/29"), kBlue) == Outcome::kStarted);  // a part of the hole
  CHECK(OwnerFor("198.51.100.17") == kBlue);
  CHECK_FALSE(OwnerFor("198.51.100.25"));
  CHECK(Start(Clients("198.51.100.16/28"), kBlue) == Outcome::kRenewed);
  CHECK(granted == absl::Seconds(40));
  CHECK(OwnerFor("198.51.100.25") == kBlue);
  CHECK(Due(now + absl::Seconds(40), 10) == List{Clients("198.51.100.0/24")});
}

TEST_CASE_METHOD(Fixture,
                 "A12: in a hole another owner is judged as if the wider one were not there",
                 "[affinity]") {
  Start(Clients("198.51.100.0/24"), kBlue);
  Cut(Clients("198.51.100.16/28"), kBlue);
  CHECK(Start(Clients("198.51.100.17"), kGreen) == Outcome::kStarted);
  CHECK(Start(Clients("198.51.100.16/28"), kGreen) == Outcome::kStarted);
  CHECK(Start(Clients("198.51.100.16/27"), kGreen) == Outcome::kOwnedByOther);
  CHECK(OwnerFor("198.51.100.18") == kGreen);
  CHECK(Start(Clients("198.51.100.16/28"), kBlue) == Outcome::kOwnedByOther);
  CHECK(End(Clients("198.51.100.16/28"), kGreen) == Outcome::kEnded);
  CHECK_FALSE(OwnerFor("198.51.100.18"));  // the hole is there as before
  CHECK(OwnerFor("198.51.100.17") == kGreen);
}

TEST_CASE_METHOD(Fixture, "A12: in a hole the wider affinity of another owner is there",
                 "[affinity]") {
  Start(Clients("198.51.100.0/24"), kBlue);
  Start(Clients("198.51.0.0/16"), kGreen);
  Cut(Clients("198.51.100.7"), kBlue);
  CHECK(OwnerFor("198.51.100.7") == kGreen);
  const auto matched = book.MatchedBy(Clients("198.51.100.7", 40000, 80));
  REQUIRE(matched.size() == 3);
  CHECK(matched[0].standing.cell.is_hole());
  CHECK(matched[1].excluded);
  CHECK_FALSE(matched[2].excluded);
}

TEST_CASE_METHOD(Fixture, "A12: two owners can have a hole at one place", "[affinity]") {
  Start(Clients("198.51.100.0/24"), kBlue);
  Start(Clients("198.51.0.0/16"), kGreen);
  CHECK(Cut(Clients("198.51.100.7"), kBlue) == Outcome::kEnded);
  CHECK(Cut(Clients("198.51.100.7"), kGreen) == Outcome::kEnded);
  CHECK_FALSE(OwnerFor("198.51.100.7"));
  const auto verdict = book.JudgeStart({Clients("198.51.100.7")}, kBlue);
  REQUIRE(verdict.outcome == Outcome::kRenewed);
  const auto made = book.Establish(verdict, kBlue, now, absl::Minutes(1));
  CHECK(made.losses.gone == List{Clients("198.51.100.7").AsHole(2)});
  REQUIRE(made.losses.renumbered.size() == 1);
  CHECK(made.losses.renumbered[0] == std::pair(Clients("198.51.100.7").AsHole(), kGreen));
  CHECK(OwnerFor("198.51.100.7") == kBlue);
  CHECK(End(Clients("198.51.100.0/24"), kBlue) == Outcome::kEnded);
  CHECK_FALSE(OwnerFor("198.51.100.7"));
}

TEST_CASE_METHOD(Fixture, "A12: a hole outlives one affinity if another of its owner is around it",
                 "[affinity]") {
  Start(Clients("198.51.100.0/24"), kBlue, absl::Seconds(10));
  Start(Clients("198.51.0.0/16"), kBlue, absl::Seconds(30));
  Cut(Clients("198.51.100.7"), kBlue);
  CHECK(Due(now + absl::Seconds(10), 10) == List{Clients("198.51.100.0/24")});
  CHECK_FALSE(OwnerFor("198.51.100.7"));
  CHECK(OwnerFor("198.51.100.8") == kBlue);
  CHECK(Due(now + absl::Seconds(30), 10) ==
        List{Clients("198.51.100.7").AsHole(), Clients("198.51.0.0/16")});
}

TEST_CASE_METHOD(Fixture, "A12: an affinity has so many holes and no more", "[affinity]") {
  Start(Clients("10.0.0.0/16"), kBlue);
  const auto part = [](std::uint32_t i) {
    return AffinityCell{kWeb, IpAddress::FromV4(0x0a000000 + i)};
  };
  for (std::uint32_t i = 0; i < AffinityBook::kMostHoles; ++i)
    if (Cut(part(i), kBlue) != Outcome::kEnded) FAIL("part " << i);
  CHECK(Cut(part(AffinityBook::kMostHoles), kBlue) == Outcome::kNotEndedCovered);
  CHECK(End(Clients("10.0.0.0/16"), kBlue) == Outcome::kEnded);
  CHECK(gone.size() == AffinityBook::kMostHoles + 1);
}

TEST_CASE_METHOD(Fixture, "A13: what lies inside is found in slices", "[affinity]") {
  Start(Clients("198.51.100.7"), kBlue);
  Start(Clients("198.51.100.8", 40000, 80), kBlue);
  Start(Clients("198.51.100.9"), kGreen);
  Start(Clients("203.0.113.1"), kBlue);
  List found;
  const RecordId next = book.FindInside({Clients("198.51.100.0/24")}, kBlue, 0, 2, found);
  CHECK(found == List{Clients("198.51.100.7"), Clients("198.51.100.8", 40000, 80)});
  CHECK(book.FindInside({Clients("198.51.100.0/24")}, kBlue, next, 2, found) == kNoRecord);
  CHECK(found.size() == 2);
}

struct Served : Fixture {
  // What ends at that second of the test, when the client was served last at `last`.
  List DueAt(int second, int last, absl::Duration max_lifetime = absl::InfiniteDuration()) {
    return Due(
        begin + absl::Seconds(second), 10,
        [&](const AffinityCell&) {
          return static_cast<std::uint32_t>(absl::ToInt64Seconds(begin) + last);
        },
        [max_lifetime](ServiceSlot) { return max_lifetime; });
  }
  const absl::Duration begin = now;
  const AffinityCell cell = Clients("198.51.100.7");
};

TEST_CASE_METHOD(Served, "A19: each request that is served restarts the clock", "[affinity]") {
  Start(cell, kBlue, absl::Seconds(10), true);
  CHECK(DueAt(10, 7).empty());
  CHECK(DueAt(16, 7).empty());
  CHECK(DueAt(17, 7) == List{cell});
}

TEST_CASE_METHOD(Served, "A19: not past the longest lifetime", "[affinity]") {
  Start(cell, kBlue, absl::Seconds(10), true);
  CHECK(DueAt(10, 9, absl::Seconds(15)).empty());
  CHECK(DueAt(14, 14, absl::Seconds(15)).empty());
  CHECK(DueAt(15, 15, absl::Seconds(15)) == List{cell});
}

TEST_CASE_METHOD(Served, "A19: only those that asked for it", "[affinity]") {
  Start(cell, kBlue, absl::Seconds(10));
  CHECK(DueAt(10, 9) == List{cell});
}

TEST_CASE_METHOD(Fixture, "A18: clocks that are longer than a turn of the wheel", "[affinity]") {
  const absl::Duration turn = absl::Seconds(1 << 16);
  Start(Clients("198.51.100.1"), kBlue, absl::Seconds(5));
  Start(Clients("198.51.100.2"), kBlue, turn + absl::Seconds(5));
  Start(Clients("198.51.100.3"), kBlue, turn * 3 + absl::Seconds(5));
  CHECK(Due(now + absl::Seconds(5), 10) == List{Clients("198.51.100.1")});
  CHECK(Due(now + turn + absl::Seconds(4), 10).empty());
  CHECK(Due(now + turn + absl::Seconds(5), 10) == List{Clients("198.51.100.2")});
  CHECK(Due(now + turn * 3, 10).empty());
  CHECK(Due(now + turn * 3 + absl::Seconds(9), 10) == List{Clients("198.51.100.3")});
}

TEST_CASE_METHOD(Fixture, "A18: many that end in one second are taken in parts, none is lost",
                 "[affinity]") {
  const auto cell = [](std::uint32_t i) {
    return AffinityCell{kWeb, IpAddress::FromV4(0x0a000000 + i)};
  };
  for (std::uint32_t i = 0; i < 100; ++i) Start(cell(i), kBlue, absl::Seconds(7));
  now += absl::Seconds(7);
  CHECK(Due(now, 30).size() == 30);
  for (std::uint32_t i = 0; i < 100; i += 2) book.Erase({cell(i)});  // also whose turn is next
  while (!Due(now, 7).empty()) Start(cell(200 + static_cast<std::uint32_t>(book.size())), kGreen);
  CHECK(book.CountOf(kBlue) == 0);
  CHECK(book.CountOf(kGreen) == book.size());
}

}  // namespace
}  // namespace holdfast
