// AffinityBook: the rules of A on cells. What stands, who owns it, until when.
//
// Judging and changing are two steps, so that a caller can write the workers'
// tables in between and give up without a trace: a Judge...() changes nothing,
// and Establish() and End() do exactly what was judged.
//
// How the rows are read where they leave a choice
//   - A cell that stands is renewed or refused for what it is, whatever is
//     around it (A2 and A3 before A4 and A5; A15's order says the same of ends).
//   - When several wider cells of different owners are around a new cell, the
//     one that wins (P2) decides between A4 and A5: its owner gets these connections.
//   - A start whose cells stand in part, or are covered in part, establishes the
//     rest: STARTED, and what stood is renewed. RENEWED is when all stood;
//     COVERED is when all are covered.
//   - An end ends all of its cells or none: if one of them does not stand, the
//     answer is that cell's, and nothing changes.
//   - Inside a hole its owner's wider affinities are as if they were not there, for
//     requests as for starts and ends; those of other owners are there (A12).
//   - A hole lasts as long as its owner has an affinity around it. To close it restarts
//     nobody's clock: the wider affinity's goes on, and its rest is what is granted.
//   - An affinity stands until it is ended. One whose time is over is ended by
//     whoever asks TakeDue(), so that book and workers' tables never differ.
//
// Cost: each step looks at one cell for each kind in use (base/cell_kinds.h) and does not
// depend on how many affinities there are.
//
// Pure: no clock of its own, no threads. Time is absl::Duration since the start
// of the caller's clock (base/clock.h). Affinities end with a whole second of it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "affinity/cell_store.h"
#include "affinity/expiry_wheel.h"
#include "affinity/request.h"
#include "base/cell_kinds.h"
#include "base/ids.h"

namespace holdfast {

class AffinityBook {
 public:
  using Cells = absl::InlinedVector<AffinityCell, 2>;
  struct Limits {
    std::uint64_t capacity = 1'000'000;  // cells and holes in all
    std::uint64_t quota = 0;             // of one owner; 0: as many as there is room for
    absl::Duration max_duration = absl::Hours(4);
  };
  struct Affinity {
    TargetHandle owner;
    absl::Duration started;
    absl::Duration ends;  // of a hole: when what it was cut out of ends
    bool extends = false;
  };
  struct Standing {
    AffinityCell cell;
    Affinity affinity;
  };
  struct StartVerdict {
    AffinityOutcome outcome = AffinityOutcome::kStarted;
    Cells fresh;                       // kStarted: not there yet
    Cells stood;                       // kStarted, kRenewed: the owner's already
    Cells closing;                     // kStarted, kRenewed: holes that it closes
    std::optional<Standing> conflict;  // kCovered, kOwnedByOther: what is in the way
  };
  struct EndVerdict {
    AffinityOutcome outcome = AffinityOutcome::kEnded;
    Cells cells;                       // kEnded: as a whole
    Cells cuts;                        // kEnded: holes to make
    std::optional<Standing> conflict;  // kNotEndedCovered, kOwnedByOther: what stands
  };

  // So many holes can be cut out of one affinity: they end with it, in one step.
  static constexpr std::uint32_t kMostHoles = 4096;

  explicit AffinityBook(const Limits& limits);

  // A1 to A6, A9 and the end of A12. Order and repetition of `cells` do not matter.
  [[nodiscard]] StartVerdict JudgeStart(Cells cells, TargetHandle owner) const;
  // A11, A12, A14, A15. kTableFull and kQuotaExceeded: no room for the holes.
  [[nodiscard]] EndVerdict JudgeEnd(Cells cells, TargetHandle owner, bool allow_partial) const;
  // A17: what is granted when `asked` is asked for; whole seconds, rounded up.
  [[nodiscard]] absl::Duration Grant(absl::Duration asked) const;
  // For later grants; what stands keeps its clock. The capacity is for ever.
  void SetMaxDuration(absl::Duration max_duration) { limits_.max_duration = max_duration; }
  void SetQuota(std::uint64_t quota) { limits_.quota = quota; }
  [[nodiscard]] const Limits& limits() const { return limits_; }

  // What goes with affinities that end or holes that close, for the workers' tables: first
  // put what is `renumbered`, then take away what is `gone`, holes as well.
  struct Losses {
    std::vector<std::pair<AffinityCell, TargetHandle>> renumbered;  // holes at one place
    std::vector<AffinityCell> gone;
  };
  using Extends = absl::FunctionRef<bool(const AffinityCell&)>;
  // Establishes and renews the cells of a verdict until `now` + `granted`, and closes its
  // holes. REQUIRES: kStarted or kRenewed, judged since the last change.
  struct Establishment {
    absl::Duration granted;  // less than `granted` if it does no more than close holes
    Losses losses;           // the holes
  };
  Establishment Establish(
      const StartVerdict& verdict, TargetHandle owner, absl::Duration now, absl::Duration granted,
      Extends extends = [](const AffinityCell&) { return false; });
  // Cuts and ends what a verdict says. REQUIRES: kEnded, judged since the last change.
  Losses End(const EndVerdict& verdict, TargetHandle owner);
  // Cells that do not stand are passed over.
  Losses Erase(const std::vector<AffinityCell>& cells);

  // In which second of the clock a cell served a request last; 0: never (A19).
  using LastServed = absl::FunctionRef<std::uint32_t(const AffinityCell&)>;
  // A18: ends what ends at `now` or before, those of an earlier second first, at most
  // `limit`. Looks at no others. One that served a
  // request gets its time anew instead, until `max_lifetime(service)` after its start.
  Losses TakeDue(
      absl::Duration now, std::size_t limit,
      LastServed last_served = [](const AffinityCell&) { return 0U; },
      absl::FunctionRef<absl::Duration(ServiceSlot)> max_lifetime =
          [](ServiceSlot) { return absl::InfiniteDuration(); });

  // The affinity that a connection request follows (P2), `request` naming both
  // its ports; or, for a cell, the cell itself or the one around it that wins.
  [[nodiscard]] std::optional<Standing> FollowedBy(const AffinityCell& request) const;
  // All that the request lies in, in the order in which they win, holes as well.
  struct Match {
    Standing standing;
    bool excluded = false;  // its owner cut the request out of it
  };
  [[nodiscard]] std::vector<Match> MatchedBy(const AffinityCell& request) const;
  // The affinities and holes with `limit` numbers from `from` on: 0 is the first number.
  // `next` is where to go on; kNoRecord at the end. Whoever stands all the time is seen once.
  struct Page {
    std::vector<Standing> standing;
    RecordId next = kNoRecord;
  };
  [[nodiscard]] Page ListFrom(RecordId from, std::size_t limit) const;
  // The affinities of `owner` that lie in one of `cells` or are it, in the same manner.
  RecordId FindInside(const Cells& cells, TargetHandle owner, RecordId from, std::size_t limit,
                      std::vector<AffinityCell>& found) const;

  // Calls visit(service, owner) for each pair that has affinities; it must not change the book.
  void ForEachGroup(absl::FunctionRef<void(ServiceSlot, TargetHandle)> visit) const;
  // Whether any of its affinities is for less than the whole service.
  [[nodiscard]] bool NamesServicePorts(ServiceSlot service) const;
  // All cells of a pair, holes not.
  void ForEachOf(ServiceSlot service, TargetHandle owner,
                 absl::FunctionRef<void(const AffinityCell&)> visit) const;

  // Affinities and holes; the counts below are of affinities.
  [[nodiscard]] std::uint64_t size() const { return store_.size(); }
  [[nodiscard]] std::uint64_t CountOf(ServiceSlot service) const {
    return service_counts_[Index(service)];
  }
  [[nodiscard]] std::uint64_t CountOf(TargetHandle owner) const {
    return owner_counts_[owner.raw()];
  }
  [[nodiscard]] std::uint64_t CountOf(ServiceSlot service, TargetHandle owner) const;
  // What its quota is for: affinities and holes.
  [[nodiscard]] std::uint64_t OwnedBy(TargetHandle owner) const {
    return owner_counts_[owner.raw()] + owner_holes_[owner.raw()];
  }

 private:
  using GroupKey = std::pair<ServiceSlot, std::uint32_t>;  // and the owner's handle
  struct Group {
    IdLists::List records;
    std::uint64_t count = 0;
  };
  struct FamilyKinds {
    CellKinds kinds;
    CellKindCounts counts;
  };

  using Visit = absl::FunctionRef<bool(RecordId)>;
  static std::size_t KindsIndex(const AffinityCell& cell) {
    return Index(cell.service) * 2 + (cell.client.IsV4() ? 0 : 1);
  }
  [[nodiscard]] Standing StandingOf(RecordId id) const;
  // nullptr: the service has had nothing of this family.
  [[nodiscard]] const FamilyKinds* FindKinds(const AffinityCell& cell) const;
  // Calls visit(RecordId) for all that contains `cell`, itself as well, in the order in
  // which they win, until it returns true.
  void WalkAround(const AffinityCell& cell, Visit visit) const;
  // The same without what a hole excludes, and without holes.
  void WalkFollowed(const AffinityCell& cell, Visit visit) const;
  // The affinity of `owner` around `cell` that wins; kNoRecord: none, or cut out.
  [[nodiscard]] RecordId FindOwnAround(const AffinityCell& cell, TargetHandle owner) const;
  // Calls visit(RecordId) for what has one of `limit` numbers from `from` on; returns where
  // to go on, or kNoRecord.
  RecordId VisitFrom(RecordId from, std::size_t limit,
                     absl::FunctionRef<void(RecordId)> visit) const;
  [[nodiscard]] std::optional<AffinityOutcome> WhyNoRoom(std::uint64_t more,
                                                         TargetHandle owner) const;
  void JudgeEndOf(const AffinityCell& cell, TargetHandle owner, bool allow_partial,
                  EndVerdict& verdict) const;

  RecordId Insert(const AffinityCell& cell, TargetHandle owner, absl::Duration now);
  // The hole of `owner` at the cell's place; kNoRecord: there is none.
  [[nodiscard]] RecordId FindHole(const AffinityCell& cell, TargetHandle owner) const;
  // The first number that no hole at the cell's place has; 0: all are taken.
  [[nodiscard]] std::uint8_t NextHole(const AffinityCell& cell) const;
  void Cut(const AffinityCell& hole, TargetHandle owner);
  // The last hole at its place takes its number.
  void EraseHole(RecordId id, Losses& losses);
  void EraseAffinity(RecordId id, Losses& losses);
  // Its holes go on with another affinity of the owner around them, or are gone with it.
  void PassOnHoles(RecordId from, Losses& losses);
  void Count(const AffinityRecord& record, bool in);
  void EraseRecord(RecordId id);
  void SetEnd(RecordId id, std::uint32_t second);

  Limits limits_;
  CellStore store_;
  IdLists timing_;    // affinities by their end; holes by what they were cut out of
  IdLists grouping_;  // by service and owner
  ExpiryWheel wheel_;
  std::vector<std::unique_ptr<FamilyKinds>> kinds_;  // two for each service
  absl::flat_hash_map<GroupKey, Group> groups_;      // none is empty
  std::vector<std::uint64_t> service_counts_;
  std::vector<std::uint64_t> owner_counts_;
  std::vector<std::uint64_t> owner_holes_;
};

}  // namespace holdfast
