#include "affinity/affinity_book.h"

#include <algorithm>

namespace holdfast {
namespace {

std::vector<AffinityCell> EachOnce(std::vector<AffinityCell> cells) {
  std::sort(cells.begin(), cells.end());
  cells.erase(std::unique(cells.begin(), cells.end()), cells.end());
  return cells;
}

// The cells that contain `cell` and are not it, narrowest first: a named client
// port counts before a named service port (P2).
std::vector<AffinityCell> CellsAround(const AffinityCell& cell) {
  std::vector<AffinityCell> around;
  const bool names_client_port = cell.client_port != 0;
  const bool names_service_port = cell.service_port != 0;
  const auto add = [&](std::uint16_t client_port, std::uint16_t service_port) {
    around.push_back({cell.service, cell.client, client_port, service_port});
  };
  if (names_client_port && names_service_port) add(cell.client_port, 0);
  if (names_client_port && names_service_port) add(0, cell.service_port);
  if (names_client_port || names_service_port) add(0, 0);
  return around;
}

// A15's order of what is said when not all cells can be ended.
int Rank(const AffinityBook::EndVerdict& verdict, const AffinityCell& cell) {
  switch (verdict.outcome) {
    case AffinityOutcome::kOwnedByOther:
      return verdict.conflict->cell == cell ? 3 : 1;
    case AffinityOutcome::kNotEndedCovered:
      return 2;
    default:
      return 0;
  }
}

}  // namespace

std::optional<AffinityBook::Standing> AffinityBook::Find(const AffinityCell& cell) const {
  const auto found = affinities_.find(cell);
  if (found == affinities_.end()) return std::nullopt;
  return Standing{found->first, found->second};
}

std::vector<AffinityBook::Standing> AffinityBook::FindAround(const AffinityCell& cell) const {
  std::vector<Standing> standing;
  for (const AffinityCell& wider : CellsAround(cell))
    if (auto found = Find(wider)) standing.push_back(*found);
  return standing;
}

std::optional<AffinityBook::Standing> AffinityBook::FollowedBy(const AffinityCell& request) const {
  if (auto exact = Find(request)) return exact;
  const auto around = FindAround(request);
  return around.empty() ? std::nullopt : std::optional(around.front());
}

std::vector<AffinityBook::Standing> AffinityBook::MatchedBy(const AffinityCell& request) const {
  std::vector<Standing> matched = FindAround(request);
  if (const auto exact = Find(request)) matched.insert(matched.begin(), *exact);
  return matched;
}

AffinityBook::StartVerdict AffinityBook::JudgeStart(std::vector<AffinityCell> cells,
                                                    TargetHandle owner) const {
  StartVerdict verdict;
  std::optional<Standing> covering;
  bool all_covered = true;
  for (const AffinityCell& cell : EachOnce(std::move(cells))) {
    const auto followed = FollowedBy(cell);
    if (followed && followed->affinity.owner != owner)
      return {AffinityOutcome::kOwnedByOther, {}, {}, followed};
    const bool stands = followed && followed->cell == cell;
    (stands ? verdict.stood : verdict.fresh).push_back(cell);
    if (followed && !stands) covering = followed;
    all_covered = all_covered && followed && !stands;
  }
  if (covering && all_covered) return {AffinityOutcome::kCovered, {}, {}, covering};
  if (size() + verdict.fresh.size() > capacity_) return {AffinityOutcome::kTableFull, {}, {}, {}};
  if (verdict.fresh.empty()) verdict.outcome = AffinityOutcome::kRenewed;
  return verdict;
}

AffinityBook::EndVerdict AffinityBook::JudgeEnd(std::vector<AffinityCell> cells,
                                                TargetHandle owner) const {
  cells = EachOnce(std::move(cells));
  std::optional<EndVerdict> refusal;
  int refusal_rank = -1;
  for (const AffinityCell& cell : cells) {
    EndVerdict verdict = JudgeEndOf(cell, owner);
    if (verdict.outcome == AffinityOutcome::kEnded || Rank(verdict, cell) <= refusal_rank) continue;
    refusal_rank = Rank(verdict, cell);
    refusal = std::move(verdict);
  }
  if (refusal) return *refusal;
  return {AffinityOutcome::kEnded, std::move(cells), {}};
}

AffinityBook::EndVerdict AffinityBook::JudgeEndOf(const AffinityCell& cell,
                                                  TargetHandle owner) const {
  if (const auto exact = Find(cell)) {
    if (exact->affinity.owner == owner) return {AffinityOutcome::kEnded, {cell}, {}};
    return {AffinityOutcome::kOwnedByOther, {}, exact};
  }
  const auto around = FindAround(cell);
  for (const Standing& wider : around)
    if (wider.affinity.owner == owner) return {AffinityOutcome::kNotEndedCovered, {}, wider};
  if (!around.empty()) return {AffinityOutcome::kOwnedByOther, {}, around.front()};
  return {AffinityOutcome::kNotFound, {}, {}};
}

absl::Duration AffinityBook::Grant(absl::Duration asked) const {
  if (asked <= absl::ZeroDuration()) return max_duration_;
  return std::min(absl::Ceil(asked, absl::Seconds(1)), max_duration_);
}

void AffinityBook::Establish(const StartVerdict& verdict, TargetHandle owner, absl::Duration now,
                             absl::Duration granted) {
  const absl::Duration ends = now + granted;
  for (const AffinityCell& cell : verdict.fresh) {
    affinities_.emplace(cell, Affinity{owner, now, ends});
    by_end_.emplace(ends, cell);
    Count(cell.service, owner, 1);
  }
  for (const AffinityCell& cell : verdict.stood) {
    Affinity& affinity = affinities_.at(cell);
    by_end_.erase({affinity.ends, cell});
    by_end_.emplace(ends, cell);
    affinity.ends = ends;
  }
}

void AffinityBook::Erase(const std::vector<AffinityCell>& cells) {
  for (const AffinityCell& cell : cells) {
    const auto found = affinities_.find(cell);
    if (found == affinities_.end()) continue;
    Count(cell.service, found->second.owner, -1);
    by_end_.erase({found->second.ends, cell});
    affinities_.erase(found);
  }
}

std::vector<AffinityCell> AffinityBook::TakeDue(absl::Duration now, std::size_t limit) {
  std::vector<AffinityCell> due;
  for (auto next = by_end_.begin(); next != by_end_.end() && next->first <= now; ++next) {
    if (due.size() == limit) break;
    due.push_back(next->second);
  }
  Erase(due);
  return due;
}

std::vector<AffinityBook::Standing> AffinityBook::ListAfter(
    const std::optional<AffinityCell>& after, std::size_t limit) const {
  std::vector<Standing> page;
  auto next = after ? affinities_.upper_bound(*after) : affinities_.begin();
  for (; next != affinities_.end() && page.size() < limit; ++next)
    page.push_back({next->first, next->second});
  return page;
}

void AffinityBook::ForEach(
    absl::FunctionRef<void(const AffinityCell&, TargetHandle owner)> visit) const {
  for (const auto& [cell, affinity] : affinities_) visit(cell, affinity.owner);
}

void AffinityBook::Count(ServiceSlot service, TargetHandle owner, std::int64_t change) {
  const auto count = counts_.try_emplace({service, owner.raw()}, 0).first;
  count->second += static_cast<std::uint64_t>(change);
  if (count->second == 0) counts_.erase(count);
}

std::uint64_t AffinityBook::CountOf(ServiceSlot service) const {
  std::uint64_t sum = 0;
  for (const auto& [key, count] : counts_)
    if (key.first == service) sum += count;
  return sum;
}

std::uint64_t AffinityBook::CountOf(TargetHandle owner) const {
  std::uint64_t sum = 0;
  for (const auto& [key, count] : counts_)
    if (key.second == owner.raw()) sum += count;
  return sum;
}

std::uint64_t AffinityBook::CountOf(ServiceSlot service, TargetHandle owner) const {
  const auto found = counts_.find({service, owner.raw()});
  return found == counts_.end() ? 0 : found->second;
}

}  // namespace holdfast
