// AffinityBook: the rules of A on cells. What stands, who owns it, until when.
//
// Judging and changing are two steps, so that a caller can write the workers'
// tables in between and give up without a trace: a Judge...() changes nothing,
// and Establish() and Erase() do exactly what was judged.
//
// How the rows are read where they leave a choice
//   - A cell that stands is renewed or refused for what it is, whatever is
//     around it (A2 and A3 before A4 and A5; A15's order says the same of ends).
//   - When several wider cells of different owners are around a new cell, the
//     narrowest decides between A4 and A5: its owner gets these connections (P2).
//   - A start whose cells stand in part, or are covered in part, establishes the
//     rest: STARTED, and what stood is renewed. RENEWED is when all stood;
//     COVERED is when all are covered.
//   - An end ends all of its cells or none: if one of them does not stand, the
//     answer is that cell's, and nothing changes.
//   - An affinity stands until it is erased. One whose time is over is erased by
//     whoever asks TakeDue(), so that book and workers' tables never differ.
//
// Pure: no clock of its own, no threads. Time is absl::Duration since the start
// of the caller's clock (base/clock.h).
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "affinity/request.h"
#include "base/ids.h"

namespace holdfast {

class AffinityBook {
 public:
  struct Affinity {
    TargetHandle owner;
    absl::Duration started;
    absl::Duration ends;
  };
  struct Standing {
    AffinityCell cell;
    Affinity affinity;
  };
  struct StartVerdict {
    AffinityOutcome outcome = AffinityOutcome::kStarted;
    std::vector<AffinityCell> fresh;   // kStarted: not there yet
    std::vector<AffinityCell> stood;   // kStarted, kRenewed: the owner's already
    std::optional<Standing> conflict;  // kCovered, kOwnedByOther: what is in the way
  };
  struct EndVerdict {
    AffinityOutcome outcome = AffinityOutcome::kEnded;
    std::vector<AffinityCell> cells;   // kEnded
    std::optional<Standing> conflict;  // kNotEndedCovered, kOwnedByOther: what stands
  };

  // Room for `capacity` cells; nothing is granted more than `max_duration`.
  AffinityBook(std::uint64_t capacity, absl::Duration max_duration)
      : capacity_(capacity), max_duration_(max_duration) {}

  // A1 to A6 and A9. Order and repetition of `cells` do not matter.
  [[nodiscard]] StartVerdict JudgeStart(std::vector<AffinityCell> cells, TargetHandle owner) const;
  // A11, A12, A14, A15.
  [[nodiscard]] EndVerdict JudgeEnd(std::vector<AffinityCell> cells, TargetHandle owner) const;
  // A17: what is granted when `asked` is asked for; whole seconds, rounded up.
  [[nodiscard]] absl::Duration Grant(absl::Duration asked) const;
  // For later grants; what stands keeps its clock.
  void SetMaxDuration(absl::Duration max_duration) { max_duration_ = max_duration; }

  // Establishes and renews the cells of a verdict until `now` + `granted`.
  // REQUIRES: kStarted or kRenewed, judged since the last change.
  void Establish(const StartVerdict& verdict, TargetHandle owner, absl::Duration now,
                 absl::Duration granted);
  // Cells that do not stand are passed over.
  void Erase(const std::vector<AffinityCell>& cells);
  // A18: erases the affinities that end at `now` or before, those that end first
  // first, at most `limit`; returns them. Looks at no others.
  std::vector<AffinityCell> TakeDue(absl::Duration now, std::size_t limit);

  // The affinity that a connection request follows (P2), `request` naming both
  // its ports; or, for a cell, the cell itself or the narrowest around it.
  [[nodiscard]] std::optional<Standing> FollowedBy(const AffinityCell& request) const;
  // All that the request matches: what it follows, then what it would if that were not there.
  [[nodiscard]] std::vector<Standing> MatchedBy(const AffinityCell& request) const;
  // Up to `limit` affinities after `after` (exclusive; nullopt: from the first),
  // in the order of cells.
  [[nodiscard]] std::vector<Standing> ListAfter(const std::optional<AffinityCell>& after,
                                                std::size_t limit) const;
  // In the order of cells. `visit` must not change the book.
  void ForEach(absl::FunctionRef<void(const AffinityCell&, TargetHandle owner)> visit) const;

  [[nodiscard]] std::uint64_t size() const { return affinities_.size(); }
  [[nodiscard]] std::uint64_t CountOf(ServiceSlot service) const;
  [[nodiscard]] std::uint64_t CountOf(TargetHandle owner) const;
  [[nodiscard]] std::uint64_t CountOf(ServiceSlot service, TargetHandle owner) const;

 private:
  using CountKey = std::pair<ServiceSlot, std::uint32_t>;  // and the owner's handle

  [[nodiscard]] std::optional<Standing> Find(const AffinityCell& cell) const;
  // What stands around `cell` and is not `cell`, narrowest first.
  [[nodiscard]] std::vector<Standing> FindAround(const AffinityCell& cell) const;
  [[nodiscard]] EndVerdict JudgeEndOf(const AffinityCell& cell, TargetHandle owner) const;
  void Count(ServiceSlot service, TargetHandle owner, std::int64_t change);

  std::uint64_t capacity_;
  absl::Duration max_duration_;
  absl::btree_map<AffinityCell, Affinity> affinities_;
  absl::btree_set<std::pair<absl::Duration, AffinityCell>> by_end_;  // one for each affinity
  absl::flat_hash_map<CountKey, std::uint64_t> counts_;              // none is zero
};

}  // namespace holdfast
