// The book against a reference that keeps a plain list and reads the rows of
// semantics.md word by word, scanning all of it for every question.
#include <algorithm>
#include <catch2/catch.hpp>
#include <iostream>
#include <random>

#include "affinity/affinity_book.h"

namespace holdfast {
namespace {

using Outcome = AffinityOutcome;

constexpr unsigned kSeed = 20261123;
constexpr int kSteps = 300'000;
constexpr std::size_t kCapacity = 60;

class ListReference {
 public:
  struct Line {
    AffinityCell cell;
    TargetHandle owner;
    absl::Duration ends;
  };

  Outcome Start(const std::vector<AffinityCell>& cells, TargetHandle owner, absl::Duration ends) {
    if (std::any_of(cells.begin(), cells.end(),
                    [&](const auto& cell) { return IsTaken(cell, owner); }))
      return Outcome::kOwnedByOther;
    const auto covered = [&](const auto& cell) { return !Exact(cell) && Narrowest(cell); };
    if (std::all_of(cells.begin(), cells.end(), covered)) return Outcome::kCovered;
    const std::vector<Line> before = lines_;
    bool anything_new = false;
    for (const AffinityCell& cell : cells) {
      if (Line* line = Exact(cell)) {
        line->ends = ends;
      } else {
        lines_.push_back({cell, owner, ends});
        anything_new = true;
      }
    }
    if (lines_.size() <= kCapacity) return anything_new ? Outcome::kStarted : Outcome::kRenewed;
    lines_ = before;
    return Outcome::kTableFull;
  }

  Outcome End(const std::vector<AffinityCell>& cells, TargetHandle owner) {
    bool inside_own = false;
    bool inside_other = false;
    bool missing = false;
    for (const AffinityCell& cell : cells) {
      if (const Line* line = Exact(cell)) {
        if (line->owner != owner) return Outcome::kOwnedByOther;
        continue;
      }
      missing = true;
      const bool own = std::any_of(lines_.begin(), lines_.end(), [&](const Line& line) {
        return Contains(line.cell, cell) && line.owner == owner;
      });
      inside_own |= own;
      inside_other |= !own && Narrowest(cell);
    }
    if (inside_own) return Outcome::kNotEndedCovered;
    if (inside_other) return Outcome::kOwnedByOther;
    if (missing) return Outcome::kNotFound;
    std::erase_if(lines_, [&](const Line& line) {
      return std::find(cells.begin(), cells.end(), line.cell) != cells.end();
    });
    return Outcome::kEnded;
  }

  void Expire(absl::Duration now) {
    std::erase_if(lines_, [now](const Line& line) { return line.ends <= now; });
  }

  // P2: most specific wins.
  Line* Narrowest(const AffinityCell& cell) {
    Line* narrowest = nullptr;
    for (Line& line : lines_)
      if (Contains(line.cell, cell) &&
          (!narrowest || Specificity(line.cell) > Specificity(narrowest->cell)))
        narrowest = &line;
    return narrowest;
  }
  [[nodiscard]] std::size_t size() const { return lines_.size(); }

 private:
  static bool Contains(const AffinityCell& y, const AffinityCell& x) {
    return y.service == x.service && y.client == x.client &&
           (y.service_port == x.service_port || y.service_port == 0) &&
           (y.client_port == x.client_port || y.client_port == 0);
  }
  static int Specificity(const AffinityCell& cell) {
    return (cell.client_port != 0 ? 2 : 0) + (cell.service_port != 0 ? 1 : 0);
  }
  Line* Exact(const AffinityCell& cell) {
    for (Line& line : lines_)
      if (line.cell == cell) return &line;
    return nullptr;
  }
  // A3, A5.
  bool IsTaken(const AffinityCell& cell, TargetHandle owner) {
    if (const Line* line = Exact(cell)) return line->owner != owner;
    const Line* narrowest = Narrowest(cell);
    return narrowest != nullptr && narrowest->owner != owner;
  }

  std::vector<Line> lines_;
};

// Few of everything, so that requests meet.
class RandomRequests {
 public:
  std::uint32_t Below(std::uint32_t bound) { return static_cast<std::uint32_t>(random_() % bound); }

  std::vector<AffinityCell> Cells() {
    const ServiceSlot service{static_cast<std::uint16_t>(Below(2))};
    const IpAddress client = Client();
    const auto client_ports = Ports();
    const auto service_ports = Ports();
    std::vector<AffinityCell> cells;
    for (const std::uint16_t client_port : client_ports)
      for (const std::uint16_t service_port : service_ports)
        cells.push_back({service, client, client_port, service_port});
    return cells;
  }
  TargetHandle Owner() { return {Below(3), 0}; }
  IpAddress Client() { return IpAddress::FromV4(0xC6336400 + Below(4)); }
  std::uint16_t Port() { return static_cast<std::uint16_t>(1 + Below(4)); }

 private:
  std::vector<std::uint16_t> Ports() {
    if (Below(3) == 0) return {0};
    std::vector<std::uint16_t> ports(1 + Below(3));
    for (auto& port : ports) port = Port();
    return ports;
  }
  std::mt19937 random_{kSeed};
};

class BookAgainstList {
 public:
  // One random step on both; the outcomes are compared.
  void Step() {
    now_ += absl::Milliseconds(requests_.Below(200));
    const auto cells = requests_.Cells();
    const TargetHandle owner = requests_.Owner();
    switch (requests_.Below(8)) {
      case 0:
        return Expire();
      case 1:
      case 2:
      case 3:
        return Compare(EndInBook(cells, owner), list_.End(cells, owner));
      default:
        const auto duration = book_.Grant(absl::Seconds(requests_.Below(30)));
        return Compare(StartInBook(cells, owner, duration),
                       list_.Start(cells, owner, now_ + duration));
    }
  }

  [[nodiscard]] const std::array<int, kAffinityOutcomeNames.size()>& seen() const { return seen_; }

 private:
  Outcome StartInBook(const std::vector<AffinityCell>& cells, TargetHandle owner,
                      absl::Duration duration) {
    const auto verdict = book_.JudgeStart(cells, owner);
    if (verdict.outcome == Outcome::kStarted || verdict.outcome == Outcome::kRenewed)
      book_.Establish(verdict, owner, now_, duration);
    return verdict.outcome;
  }
  Outcome EndInBook(const std::vector<AffinityCell>& cells, TargetHandle owner) {
    const auto verdict = book_.JudgeEnd(cells, owner);
    book_.Erase(verdict.cells);
    return verdict.outcome;
  }
  void Expire() {
    book_.TakeDue(now_, kCapacity);
    list_.Expire(now_);
    CompareLookups();
  }
  void Compare(Outcome book, Outcome list) {
    ++seen_[static_cast<std::size_t>(book)];
    if (book != list) FAIL("seed " << kSeed << ": " << Name(book) << ", expected " << Name(list));
    CompareLookups();
  }
  void CompareLookups() {
    if (book_.size() != list_.size()) FAIL("seed " << kSeed << ": sizes differ");
    for (int i = 0; i < 4; ++i) {
      const AffinityCell request{ServiceSlot{static_cast<std::uint16_t>(requests_.Below(2))},
                                 requests_.Client(), requests_.Port(), requests_.Port()};
      const auto followed = book_.FollowedBy(request);
      const auto* expected = list_.Narrowest(request);
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

  AffinityBook book_{kCapacity, absl::Seconds(25)};
  ListReference list_;
  RandomRequests requests_;
  absl::Duration now_;
  std::array<int, kAffinityOutcomeNames.size()> seen_{};
};

TEST_CASE("A1-A6, A9, A11-A18: the book decides as a list read row by row", "[affinity]") {
  std::cout << "seed " << kSeed << ", " << kSteps << " steps\n";
  BookAgainstList pair;
  for (int step = 0; step < kSteps; ++step) {
    INFO("step " << step);
    pair.Step();
  }
  for (std::size_t i = 0; i < pair.seen().size(); ++i) {
    INFO(kAffinityOutcomeNames[i]);
    const bool is_the_managers = static_cast<Outcome>(i) == Outcome::kNotATarget;
    CHECK((pair.seen()[i] > 100) != is_the_managers);
  }
}

}  // namespace
}  // namespace holdfast
