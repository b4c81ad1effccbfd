// What AffinityBook says of requests: it changes nothing.
#include <algorithm>

#include "affinity/affinity_book.h"

namespace holdfast {
namespace {

using Cells = AffinityBook::Cells;

Cells EachOnce(Cells cells) {
  if (cells.size() == 1) return cells;
  std::sort(cells.begin(), cells.end());
  cells.erase(std::unique(cells.begin(), cells.end()), cells.end());
  return cells;
}

// A15's order of what is said when not all cells can be ended.
int Rank(AffinityOutcome outcome, bool is_exact) {
  switch (outcome) {
    case AffinityOutcome::kOwnedByOther:
      return is_exact ? 3 : 1;
    case AffinityOutcome::kNotEndedCovered:
      return 2;
    default:
      return 0;
  }
}

}  // namespace

const AffinityBook::FamilyKinds* AffinityBook::FindKinds(const AffinityCell& cell) const {
  return kinds_[KindsIndex(cell)].get();
}

void AffinityBook::WalkAround(const AffinityCell& cell, Visit visit) const {
  const FamilyKinds* const family = FindKinds(cell);
  if (family == nullptr) return;
  family->kinds.ForEach({.host_bits = cell.host_bits}, [&](CellKind kind) {
    if (kind.NamesClientPort() && cell.client_port == 0) return false;
    if (kind.NamesServicePort() && cell.service_port == 0) return false;
    AffinityCell around = kind.Around(cell);
    RecordId id = store_.Find(around);
    for (; id != kNoRecord; id = store_.Find(around)) {
      if (visit(id)) return true;
      if (!around.is_hole() || ++around.hole == 0) break;
    }
    return false;
  });
}

void AffinityBook::WalkFollowed(const AffinityCell& cell, Visit visit) const {
  absl::InlinedVector<TargetHandle, 4> excluded;
  WalkAround(cell, [&](RecordId id) {
    const AffinityRecord& record = store_[id];
    if (!record.cell.is_hole() && std::ranges::find(excluded, record.owner) == excluded.end())
      return visit(id);
    if (record.cell.is_hole()) excluded.push_back(record.owner);
    return false;
  });
}

RecordId AffinityBook::FindOwnAround(const AffinityCell& cell, TargetHandle owner) const {
  RecordId found = kNoRecord;
  WalkFollowed(cell, [&](RecordId id) {
    if (store_[id].owner != owner) return false;
    found = id;
    return true;
  });
  return found;
}

AffinityBook::Standing AffinityBook::StandingOf(RecordId id) const {
  const AffinityRecord& record = store_[id];
  const std::uint32_t ends = record.cell.is_hole() ? store_[record.cut_out_of].ends : record.ends;
  return {record.cell,
          {record.owner, absl::Seconds(record.started), absl::Seconds(ends), record.extends}};
}

std::optional<AffinityBook::Standing> AffinityBook::FollowedBy(const AffinityCell& request) const {
  std::optional<Standing> followed;
  WalkFollowed(request, [&](RecordId id) {
    followed = StandingOf(id);
    return true;
  });
  return followed;
}

std::vector<AffinityBook::Match> AffinityBook::MatchedBy(const AffinityCell& request) const {
  std::vector<Match> matched;
  std::vector<TargetHandle> excluded;
  WalkAround(request, [&](RecordId id) {
    const TargetHandle owner = store_[id].owner;
    matched.push_back({StandingOf(id), std::ranges::find(excluded, owner) != excluded.end()});
    if (store_[id].cell.is_hole()) excluded.push_back(owner);
    return false;
  });
  return matched;
}

std::optional<AffinityOutcome> AffinityBook::WhyNoRoom(std::uint64_t more,
                                                       TargetHandle owner) const {
  if (size() + more > limits_.capacity) return AffinityOutcome::kTableFull;
  if (more != 0 && limits_.quota != 0 && OwnedBy(owner) + more > limits_.quota)
    return AffinityOutcome::kQuotaExceeded;
  return std::nullopt;
}

AffinityBook::StartVerdict AffinityBook::JudgeStart(Cells cells, TargetHandle owner) const {
  StartVerdict verdict;
  std::optional<Standing> covering;
  bool all_covered = true;
  for (const AffinityCell& cell : EachOnce(std::move(cells))) {
    const auto followed = FollowedBy(cell);
    const bool stands = followed && followed->cell == cell;
    const RecordId hole = stands ? kNoRecord : FindHole(cell, owner);
    const bool closes = hole != kNoRecord;
    if (followed && followed->affinity.owner != owner && !closes)
      return {AffinityOutcome::kOwnedByOther, {}, {}, {}, followed};
    const bool is_covered = followed && !stands && !closes;
    if (is_covered) covering = followed;
    all_covered = all_covered && is_covered;
    (closes   ? verdict.closing
     : stands ? verdict.stood
              : verdict.fresh)
        .push_back(closes ? store_[hole].cell : cell);
  }
  if (covering && all_covered) return {AffinityOutcome::kCovered, {}, {}, {}, covering};
  const std::size_t more = std::max(verdict.fresh.size(), verdict.closing.size());
  if (const auto refusal = WhyNoRoom(more - verdict.closing.size(), owner))
    return {*refusal, {}, {}, {}, {}};
  if (verdict.fresh.empty()) verdict.outcome = AffinityOutcome::kRenewed;
  return verdict;
}

AffinityBook::EndVerdict AffinityBook::JudgeEnd(Cells cells, TargetHandle owner,
                                                bool allow_partial) const {
  EndVerdict verdict;
  std::optional<EndVerdict> refusal;
  int refusal_rank = -1;
  for (const AffinityCell& cell : EachOnce(std::move(cells))) {
    EndVerdict one;
    JudgeEndOf(cell, owner, allow_partial, one);
    verdict.cells.insert(verdict.cells.end(), one.cells.begin(), one.cells.end());
    verdict.cuts.insert(verdict.cuts.end(), one.cuts.begin(), one.cuts.end());
    const bool is_exact = one.conflict && one.conflict->cell == cell;
    const int rank = Rank(one.outcome, is_exact);
    if (one.outcome == AffinityOutcome::kEnded || rank <= refusal_rank) continue;
    refusal_rank = rank;
    refusal = std::move(one);
  }
  if (refusal) return *std::move(refusal);
  if (const auto no_room = WhyNoRoom(verdict.cuts.size(), owner); no_room && !verdict.cuts.empty())
    return {*no_room, {}, {}, {}};
  return verdict;
}

void AffinityBook::JudgeEndOf(const AffinityCell& cell, TargetHandle owner, bool allow_partial,
                              EndVerdict& verdict) const {
  if (const RecordId exact = store_.Find(cell); exact != kNoRecord) {
    if (store_[exact].owner == owner) return verdict.cells.push_back(cell);
    verdict.outcome = AffinityOutcome::kOwnedByOther;
    verdict.conflict = StandingOf(exact);
    return;
  }
  if (const RecordId wider = FindOwnAround(cell, owner); wider != kNoRecord) {
    const std::uint8_t number = NextHole(cell);
    if (allow_partial && store_[wider].hole_count < kMostHoles && number != 0)
      return verdict.cuts.push_back(cell.AsHole(number));
    verdict.outcome = AffinityOutcome::kNotEndedCovered;
    verdict.conflict = StandingOf(wider);
    return;
  }
  verdict.conflict = FollowedBy(cell);
  verdict.outcome = verdict.conflict ? AffinityOutcome::kOwnedByOther : AffinityOutcome::kNotFound;
}

absl::Duration AffinityBook::Grant(absl::Duration asked) const {
  if (asked <= absl::ZeroDuration()) return limits_.max_duration;
  return std::min(absl::Ceil(asked, absl::Seconds(1)), limits_.max_duration);
}

RecordId AffinityBook::FindHole(const AffinityCell& cell, TargetHandle owner) const {
  for (std::uint8_t number = 1; number != 0; ++number) {
    const RecordId id = store_.Find(cell.AsHole(number));
    if (id == kNoRecord || store_[id].owner == owner) return id;
  }
  return kNoRecord;
}

std::uint8_t AffinityBook::NextHole(const AffinityCell& cell) const {
  std::uint8_t number = 1;
  while (number != 0 && store_.Find(cell.AsHole(number)) != kNoRecord) ++number;
  return number;
}

}  // namespace holdfast
