// The book against a reference that keeps a plain list and reads the rows of
// semantics.md word by word, scanning all of it for every question.
#include <algorithm>
#include <catch2/catch.hpp>
#include <iostream>
#include <random>
#include <set>

#include "affinity/affinity_book.h"

namespace holdfast {
namespace {

using Outcome = AffinityOutcome;
using Cells = AffinityBook::Cells;

constexpr unsigned kSeed = 20261125;
constexpr int kSteps = 1'000'000;
constexpr std::size_t kCapacity = 60;
constexpr std::size_t kQuota = 35;

class ListReference {
 public:
  struct Line {
    AffinityCell cell;  // of a hole: the part that was cut out
    TargetHandle owner;
    absl::Duration ends;
  };

  Outcome Start(const Cells& cells, TargetHandle owner, absl::Duration ends) {
    for (const AffinityCell& cell : cells)
      if (IsTaken(cell, owner)) return Outcome::kOwnedByOther;
    const auto covered = [&](const AffinityCell& cell) {
      return !Exact(cell) && !OwnHole(cell, owner) && Followed(cell);
    };
    if (std::ranges::all_of(cells, covered)) return Outcome::kCovered;
    const auto before = std::pair(lines_, holes_);
    bool anything_new = false;
    for (const AffinityCell& cell : cells) {
      if (Line* line = Exact(cell)) {
        line->ends = ends;
      } else if (OwnHole(cell, owner)) {
        std::erase_if(holes_,
                      [&](const Line& hole) { return hole.cell == cell && hole.owner == owner; });
      } else {
        lines_.push_back({cell, owner, ends});
        anything_new = true;
      }
    }
    if (const auto refusal = Overflow(owner, before)) return *refusal;
    return anything_new ? Outcome::kStarted : Outcome::kRenewed;
  }

  Outcome End(const Cells& cells, TargetHandle owner, bool allow_partial) {
    Cells exact;
    Cells inside_own;
    bool inside_other = false;
    bool missing = false;
    for (const AffinityCell& cell : cells) {
      if (const Line* line = Exact(cell)) {
        if (line->owner != owner) return Outcome::kOwnedByOther;
        exact.push_back(cell);
      } else if (OwnAround(cell, owner)) {
        inside_own.push_back(cell);
      } else {
        missing = true;
        inside_other |= Followed(cell) != nullptr;
      }
    }
    if (!inside_own.empty() && !allow_partial) return Outcome::kNotEndedCovered;
    if (inside_other) return Outcome::kOwnedByOther;
    if (missing) return Outcome::kNotFound;
    const auto before = std::pair(lines_, holes_);
    for (const AffinityCell& cell : inside_own)
      holes_.push_back({cell, owner, absl::ZeroDuration()});
    if (const auto refusal = inside_own.empty() ? std::nullopt : Overflow(owner, before))
      return *refusal;
    EraseIf([&](const Line& line) { return std::ranges::find(exact, line.cell) != exact.end(); });
    return Outcome::kEnded;
  }

  template <typename Condition>
  void EraseIf(Condition condition) {
    std::erase_if(lines_, condition);
    std::erase_if(holes_, [&](const Line& hole) {
      return std::ranges::none_of(lines_, [&](const Line& line) {
        return line.owner == hole.owner && Contains(line.cell, hole.cell);
      });
    });
  }
  void Expire(absl::Duration now) {
    EraseIf([now](const Line& line) { return line.ends <= now; });
  }

  // P2: most specific wins; whose hole it lies in has nothing wider there.
  Line* Followed(const AffinityCell& cell) {
    Line* followed = nullptr;
    for (Line& line : lines_)
      if (Contains(line.cell, cell) && !IsCutOut(cell, line) &&
          (followed == nullptr || Specificity(line.cell) > Specificity(followed->cell)))
        followed = &line;
    return followed;
  }
  [[nodiscard]] std::set<AffinityCell> Inside(const Cells& cells, TargetHandle owner) const {
    std::set<AffinityCell> inside;
    for (const Line& line : lines_)
      if (line.owner == owner &&
          std::ranges::any_of(cells, [&](const auto& cell) { return Contains(cell, line.cell); }))
        inside.insert(line.cell);
    return inside;
  }
  [[nodiscard]] std::size_t size() const { return lines_.size() + holes_.size(); }
  [[nodiscard]] std::size_t holes() const { return holes_.size(); }

 private:
  using Specific = std::tuple<int, bool, bool>;

  static bool Contains(const AffinityCell& y, const AffinityCell& x) {
    return y.service == x.service && y.client_prefix().Contains(x.client) &&
           y.host_bits >= x.host_bits &&
           (y.service_port == x.service_port || y.service_port == 0) &&
           (y.client_port == x.client_port || y.client_port == 0);
  }
  static Specific Specificity(const AffinityCell& cell) {
    return {-cell.host_bits, cell.client_port != 0, cell.service_port != 0};
  }
  Line* Exact(const AffinityCell& cell) {
    for (Line& line : lines_)
      if (line.cell == cell) return &line;
    return nullptr;
  }
  bool OwnHole(const AffinityCell& cell, TargetHandle owner) const {
    return std::ranges::any_of(
        holes_, [&](const Line& hole) { return hole.cell == cell && hole.owner == owner; });
  }
  // Some hole of the line's owner has `cell` in it and is more specific than the line.
  bool IsCutOut(const AffinityCell& cell, const Line& line) const {
    return std::ranges::any_of(holes_, [&](const Line& hole) {
      return hole.owner == line.owner && Contains(hole.cell, cell) &&
             Specificity(hole.cell) > Specificity(line.cell);
    });
  }
  bool OwnAround(const AffinityCell& cell, TargetHandle owner) const {
    return std::ranges::any_of(lines_, [&](const Line& line) {
      return line.owner == owner && Contains(line.cell, cell) && !IsCutOut(cell, line);
    });
  }
  // A3, A5.
  bool IsTaken(const AffinityCell& cell, TargetHandle owner) {
    if (const Line* line = Exact(cell)) return line->owner != owner;
    if (OwnHole(cell, owner)) return false;
    const Line* followed = Followed(cell);
    return followed != nullptr && followed->owner != owner;
  }
  // A9: what it was before, if it is too much now.
  std::optional<Outcome> Overflow(TargetHandle owner,
                                  const std::pair<std::vector<Line>, std::vector<Line>>& before) {
    const auto owned = [owner](const std::vector<Line>& lines) {
      return std::ranges::count(lines, owner, &Line::owner);
    };
    const std::size_t size_before = before.first.size() + before.second.size();
    std::optional<Outcome> refusal;
    if (size() > kCapacity && size() > size_before)
      refusal = Outcome::kTableFull;
    else if (size() > size_before &&
             static_cast<std::size_t>(owned(lines_) + owned(holes_)) > kQuota)
      refusal = Outcome::kQuotaExceeded;
    if (refusal) std::tie(lines_, holes_) = before;
    return refusal;
  }

  std::vector<Line> lines_;
  std::vector<Line> holes_;
};

// Few of everything, so that requests meet.
class RandomRequests {
 public:
  std::uint32_t Below(std::uint32_t bound) { return static_cast<std::uint32_t>(random_() % bound); }

  Cells SomeCells() {
    const ServiceSlot service{static_cast<std::uint16_t>(Below(2))};
    const auto host_bits = static_cast<std::uint8_t>(Below(2) == 0 ? 0 : Below(4));
    const IpAddress client = Client().WithoutLast(host_bits);
    const auto client_ports = Ports();
    const auto service_ports = Ports();
    Cells cells;
    for (const std::uint16_t client_port : client_ports)
      for (const std::uint16_t service_port : service_ports)
        cells.push_back({service, client, client_port, service_port, host_bits});
    std::ranges::sort(cells);
    cells.erase(std::ranges::unique(cells).begin(), cells.end());
    std::ranges::shuffle(cells, random_);
    return cells;
  }
  TargetHandle Owner() { return {Below(3), 0}; }
  IpAddress Client() {
    if (Below(2) == 0) return IpAddress::FromV4(0xC6336400 + Below(8));
    IpAddress::Bytes bytes{0x20, 0x01, 0x0d, 0xb8};
    bytes[15] = static_cast<std::uint8_t>(Below(8));
    return IpAddress::FromV6(bytes);
  }
  std::uint16_t Port() { return static_cast<std::uint16_t>(1 + Below(3)); }

 private:
  std::vector<std::uint16_t> Ports() {
    if (Below(2) == 0) return {0};
    std::vector<std::uint16_t> ports(1 + Below(2));
    for (auto& port : ports) port = Port();
    return ports;
  }
  std::mt19937 random_{kSeed};
};

class BookAgainstList {
 public:
  // One random step on both; the outcomes are compared.
  void Step() {
    now_ += absl::Milliseconds(requests_.Below(100));
    const Cells cells = requests_.SomeCells();
    const TargetHandle owner = requests_.Owner();
    switch (requests_.Below(64)) {
      case 0:
        return RemoveOwner(owner);
      case 1:
      case 2:
        return CompareInside(cells, owner);
      case 3:
      case 4:
      case 5:
        return Expire();
      default:
        break;
    }
    if (requests_.Below(5) < 2) {
      const bool allow_partial = requests_.Below(2) == 0;
      return Compare(EndInBook(cells, owner, allow_partial),
                     list_.End(cells, owner, allow_partial));
    }
    const auto duration = book_.Grant(absl::Seconds(requests_.Below(30)));
    const absl::Duration ends = absl::Ceil(now_, absl::Seconds(1)) + duration;
    Compare(StartInBook(cells, owner, duration), list_.Start(cells, owner, ends));
  }

  [[nodiscard]] const std::array<int, kAffinityOutcomeNames.size()>& seen() const { return seen_; }
  [[nodiscard]] std::size_t holes_seen() const { return holes_seen_; }

 private:
  Outcome StartInBook(const Cells& cells, TargetHandle owner, absl::Duration duration) {
    const auto verdict = book_.JudgeStart(cells, owner);
    if (verdict.outcome == Outcome::kStarted || verdict.outcome == Outcome::kRenewed)
      book_.Establish(verdict, owner, now_, duration);
    return verdict.outcome;
  }
  Outcome EndInBook(const Cells& cells, TargetHandle owner, bool allow_partial) {
    const auto verdict = book_.JudgeEnd(cells, owner, allow_partial);
    if (verdict.outcome == Outcome::kEnded) book_.End(verdict, owner);
    return verdict.outcome;
  }
  void RemoveOwner(TargetHandle owner) {
    std::vector<AffinityCell> cells;
    for (const std::uint16_t service : {0, 1})
      book_.ForEachOf(ServiceSlot{service}, owner,
                      [&](const AffinityCell& cell) { cells.push_back(cell); });
    book_.Erase(cells);
    list_.EraseIf([owner](const auto& line) { return line.owner == owner; });
    CompareLookups();
  }
  void Expire() {
    book_.TakeDue(now_, kCapacity);
    list_.Expire(now_);
    CompareLookups();
  }
  void CompareInside(const Cells& cells, TargetHandle owner) {
    std::vector<AffinityCell> found;
    for (RecordId next = 0; next != kNoRecord;)
      next = book_.FindInside(cells, owner, next, 7, found);
    if (std::set(found.begin(), found.end()) != list_.Inside(cells, owner))
      FAIL("seed " << kSeed << ": others lie inside");
  }
  void Compare(Outcome book, Outcome list) {
    ++seen_[static_cast<std::size_t>(book)];
    holes_seen_ = std::max(holes_seen_, list_.holes());
    if (book != list) FAIL("seed " << kSeed << ": " << Name(book) << ", expected " << Name(list));
    CompareLookups();
  }
  void CompareLookups() {
    if (book_.size() != list_.size()) FAIL("seed " << kSeed << ": sizes differ");
    for (int i = 0; i < 3; ++i) {
      const AffinityCell request{ServiceSlot{static_cast<std::uint16_t>(requests_.Below(2))},
                                 requests_.Client(), requests_.Port(), requests_.Port()};
      const auto followed = book_.FollowedBy(request);
      const auto* expected = list_.Followed(request);
      const bool same = followed ? expected && followed->cell == expected->cell &&
                                       followed->affinity.owner == expected->owner &&
                                       followed->affinity.ends == expected->ends
                                 : expected == nullptr;
      if (!same) FAIL("seed " << kSeed << ": another affinity is followed");
    }
  }
  static std::string_view Name(Outcome outcome) {
    return kAffinityOutcomeNames[static_cast<std::size_t>(outcome)];
  }

  AffinityBook book_{{kCapacity, kQuota, absl::Seconds(25)}};
  ListReference list_;
  RandomRequests requests_;
  absl::Duration now_;
  std::array<int, kAffinityOutcomeNames.size()> seen_{};
  std::size_t holes_seen_ = 0;
};

TEST_CASE("A1-A6, A9, A11-A18: the book decides as a list read row by row", "[affinity]") {
  std::cout << "seed " << kSeed << ", " << kSteps << " steps\n";
  BookAgainstList pair;
  for (int step = 0; step < kSteps; ++step) {
    INFO("step " << step);
    pair.Step();
  }
  CHECK(pair.holes_seen() > 5);
  for (std::size_t i = 0; i < pair.seen().size(); ++i) {
    INFO(kAffinityOutcomeNames[i]);
    const auto outcome = static_cast<Outcome>(i);
    const bool is_the_managers =
        outcome == Outcome::kNotATarget || outcome == Outcome::kPrefixTooWide;
    CHECK((pair.seen()[i] > 100) != is_the_managers);
  }
}

}  // namespace
}  // namespace holdfast
