#include "control/affinity_manager.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "control/affinity_wording.h"

namespace holdfast {
namespace {

// The workers' zero is "never".
std::uint32_t SecondOf(absl::Duration now) {
  return static_cast<std::uint32_t>(std::max<std::int64_t>(1, absl::ToInt64Seconds(now)));
}

}  // namespace

AffinityManager::AffinityManager(const Options& options, const Clock& clock,
                                 const TargetDirectory& directory,
                                 const std::vector<AffinityTable*>& replicas,
                                 ControlCounters& counters)
    : clock_(clock),
      directory_(directory),
      counters_(counters),
      book_({options.capacity, options.quota_per_target, options.max_duration}),
      losses_seen_(directory.losses()) {
  replicas_.reserve(replicas.size());
  for (AffinityTable* replica : replicas) replicas_.emplace_back(*replica);
}

AffinityAnswer AffinityManager::Start(const AffinitySelector& selector, const std::string& target,
                                      const AffinityTerms& terms) {
  return Counted(JudgeAndStart(selector, target, terms));
}

AffinityAnswer AffinityManager::JudgeAndStart(const AffinitySelector& selector,
                                              const std::string& target,
                                              const AffinityTerms& terms) {
  AffinityAnswer answer;
  const SelectorCells cells = CellsOfStart(directory_, selector, target);
  if (!cells.why_none.empty()) {
    answer.outcome = cells.refusal;
    answer.explanation = cells.why_none + "; nothing changed";
    return answer;
  }
  // Lists that cannot fit are not multiplied out first.
  if (cells.Count() > book_.limits().capacity)
    return NoRoom(AffinityOutcome::kTableFull, cells.Count(), target);

  const TargetHandle owner = *directory_.FindTarget(target);
  const auto verdict = book_.JudgeStart(cells.List(), owner);
  answer.outcome = verdict.outcome;
  if (verdict.conflict) answer.conflict = Describe(*verdict.conflict);
  if (answer.outcome == AffinityOutcome::kStarted || answer.outcome == AffinityOutcome::kRenewed) {
    const auto extends = [&](const AffinityCell& cell) { return Extends(cell, terms); };
    std::vector<Entry> entries;
    for (const AffinityCell& cell : verdict.fresh) entries.push_back({cell, extends(cell)});
    if (!InsertIntoReplicas(entries, owner))
      return NoRoom(AffinityOutcome::kTableFull, cells.Count(), target);
    for (AffinityTable::Writer& replica : replicas_)
      for (const AffinityCell& cell : verdict.stood) replica.Insert(cell, owner, extends(cell));
    const auto made =
        book_.Establish(verdict, owner, clock_.Now(), book_.Grant(terms.duration), extends);
    Follow(made.losses);
    answer.granted = made.granted;
  } else if (!verdict.conflict) {
    return NoRoom(answer.outcome, cells.Count(), target);
  }
  answer.explanation = Explain(answer, selector, target);
  return answer;
}

bool AffinityManager::Extends(const AffinityCell& cell, const AffinityTerms& terms) const {
  return terms.extend_on_connection ||
         directory_.Service(cell.service).affinity.extend_on_connection;
}

AffinityAnswer AffinityManager::End(const AffinitySelector& selector, const std::string& target,
                                    bool allow_partial) {
  return Counted(JudgeAndEnd(selector, target, allow_partial));
}

AffinityAnswer AffinityManager::JudgeAndEnd(const AffinitySelector& selector,
                                            const std::string& target, bool allow_partial) {
  AffinityAnswer answer;
  const SelectorCells cells = CellsOfEnd(directory_, selector, target);
  if (!cells.why_none.empty()) {
    answer.explanation = cells.why_none + "; nothing changed";
    return answer;
  }
  // More than can stand cannot all stand.
  if (cells.Count() <= book_.limits().capacity) {
    const TargetHandle owner = *directory_.FindTarget(target);
    const auto verdict = book_.JudgeEnd(cells.List(), owner, allow_partial);
    if (verdict.outcome == AffinityOutcome::kTableFull ||
        verdict.outcome == AffinityOutcome::kQuotaExceeded)
      return NoRoom(verdict.outcome, cells.Count(), target);
    std::vector<Entry> holes;
    for (const AffinityCell& hole : verdict.cuts) holes.push_back({hole});
    if (!InsertIntoReplicas(holes, owner))
      return NoRoom(AffinityOutcome::kTableFull, cells.Count(), target);
    answer.outcome = verdict.outcome;
    if (verdict.conflict) answer.conflict = Describe(*verdict.conflict);
    if (answer.outcome == AffinityOutcome::kEnded) Follow(book_.End(verdict, owner));
    answer.ended = verdict.cells.size();
    answer.cut = verdict.cuts.size();
  }
  answer.explanation = Explain(answer, selector, target);
  return answer;
}

std::optional<AffinityAnswer> AffinityManager::Continue(WideEnd& end, std::size_t limit) {
  using Outcome = AffinityOutcome;
  if (!end.exact_) {
    end.exact_ = JudgeAndEnd(end.selector_, end.target_, end.allow_partial_);
    end.ended_ = end.exact_->ended;
  }
  // Services and targets may be others by now: what the selector means is asked anew.
  const SelectorCells selected = CellsOfEnd(directory_, end.selector_, end.target_);
  if (!selected.why_none.empty() || selected.Count() > book_.limits().capacity)
    return Counted(ConcludeWideEnd(end));
  const AffinityBook::Cells cells = selected.List();
  const Outcome exact = end.exact_->outcome;
  // What another owns around the selector says nothing of what is inside it.
  const bool is_inside_others = exact == Outcome::kOwnedByOther &&
                                std::ranges::find(cells, end.exact_->conflict->cell) == cells.end();
  if (exact != Outcome::kEnded && exact != Outcome::kNotFound && !is_inside_others)
    return Counted(ConcludeWideEnd(end));
  std::vector<AffinityCell> inside;
  end.next_ =
      book_.FindInside(cells, *directory_.FindTarget(end.target_), end.next_, limit, inside);
  end.ended_ += inside.size();
  Follow(book_.Erase(inside));
  if (end.next_ != kNoRecord) return std::nullopt;
  return Counted(ConcludeWideEnd(end));
}

AffinityAnswer AffinityManager::ConcludeWideEnd(const WideEnd& end) const {
  AffinityAnswer answer = *end.exact_;
  if (end.ended_ == answer.ended) return answer;
  answer.outcome = AffinityOutcome::kEnded;
  answer.ended = end.ended_;
  answer.conflict.reset();
  answer.explanation = Explain(answer, end.selector_, end.target_);
  return answer;
}

AffinityAnswer AffinityManager::Counted(AffinityAnswer answer) {
  counters_.affinity_requests[static_cast<std::size_t>(answer.outcome)].Add(1);
  return answer;
}

AffinityAnswer AffinityManager::NoRoom(AffinityOutcome outcome, std::uint64_t cells,
                                       const std::string& target) const {
  AffinityAnswer answer;
  answer.outcome = outcome;
  const auto& limits = book_.limits();
  answer.explanation =
      outcome == AffinityOutcome::kQuotaExceeded
          ? absl::StrCat("target '", target, "' owns ",
                         book_.OwnedBy(*directory_.FindTarget(target)), " affinities of at most ",
                         limits.quota, ", and this request is ", cells,
                         " (affinities.quota_per_target); nothing changed")
          : absl::StrCat("no room: ", size(), " affinities of at most ", limits.capacity,
                         " stand, and this request is ", cells,
                         " (affinities.capacity); nothing changed");
  return answer;
}

bool AffinityManager::InsertIntoReplicas(const std::vector<Entry>& entries, TargetHandle owner) {
  for (std::size_t replica = 0; replica < replicas_.size(); ++replica) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (replicas_[replica].Insert(entries[i].cell, owner, entries[i].extends)) continue;
      while (i-- > 0) replicas_[replica].Erase(entries[i].cell);
      while (replica-- > 0)
        for (const Entry& entry : entries) replicas_[replica].Erase(entry.cell);
      return false;
    }
  }
  return true;
}

void AffinityManager::Follow(const AffinityBook::Losses& losses) {
  for (AffinityTable::Writer& replica : replicas_) {
    for (const auto& [hole, owner] : losses.renumbered) replica.Insert(hole, owner);
    for (const AffinityCell& cell : losses.gone) replica.Erase(cell);
  }
}

std::size_t AffinityManager::EndOrphans() {
  if (std::exchange(losses_seen_, directory_.losses()) == directory_.losses()) return 0;
  std::vector<AffinityCell> orphans;
  book_.ForEachGroup(
      [&](ServiceSlot slot, TargetHandle owner) { FindOrphansOf(slot, owner, orphans); });
  Follow(book_.Erase(orphans));
  return orphans.size();
}

void AffinityManager::FindOrphansOf(ServiceSlot slot, TargetHandle owner,
                                    std::vector<AffinityCell>& orphans) {
  const auto reason = WhyOrphaned(slot, owner);
  if (!reason && !book_.NamesServicePorts(slot)) return;
  const std::size_t before = orphans.size();
  book_.ForEachOf(slot, owner, [&](const AffinityCell& cell) {
    const bool has_port =
        cell.service_port == 0 || directory_.Service(slot).ports.Contains(cell.service_port);
    if (reason || !has_port) orphans.push_back(cell);
  });
  counters_
      .affinities_orphaned[static_cast<std::size_t>(reason.value_or(OrphanReason::kNotATarget))]
      .Add(orphans.size() - before);
}

std::optional<OrphanReason> AffinityManager::WhyOrphaned(ServiceSlot slot,
                                                         TargetHandle owner) const {
  if (directory_.FindService(slot) == nullptr) return OrphanReason::kVipRemoved;
  if (!directory_.Has(owner)) return OrphanReason::kTargetRemoved;
  if (!directory_.Serves(owner, slot)) return OrphanReason::kNotATarget;
  switch (directory_.StandingOf(owner, slot)) {
    case OwnerStanding::kDown:
      return OrphanReason::kTargetDown;
    case OwnerStanding::kDrained:
      return OrphanReason::kDrained;
    case OwnerStanding::kHolds:
      break;
  }
  return std::nullopt;
}

std::size_t AffinityManager::ExpireDue(std::size_t limit) {
  const absl::Duration now = clock_.Now();
  for (AffinityTable::Writer& replica : replicas_) replica.SetSecond(SecondOf(now));
  const auto last_served = [this](const AffinityCell& cell) {
    std::uint32_t last = 0;
    for (const AffinityTable::Writer& replica : replicas_)
      last = std::max(last, replica.LastServed(cell));
    return last;
  };
  const auto max_lifetime = [this](ServiceSlot slot) {
    return directory_.Service(slot).affinity.max_lifetime.value_or(absl::InfiniteDuration());
  };
  const auto losses = book_.TakeDue(now, limit, last_served, max_lifetime);
  Follow(losses);
  const auto expired =
      std::ranges::count_if(losses.gone, [](const auto& cell) { return !cell.is_hole(); });
  counters_.affinities_expired.Add(static_cast<std::uint64_t>(expired));
  return static_cast<std::size_t>(expired);
}

RecordId AffinityManager::List(RecordId from, std::size_t limit,
                               absl::FunctionRef<void(const AffinityListing&)> visit) const {
  const auto page = book_.ListFrom(from, limit);
  for (const AffinityBook::Standing& standing : page.standing) visit(Describe(standing));
  return page.next;
}

std::vector<AffinityManager::Match> AffinityManager::MatchedBy(const AffinityCell& request) const {
  std::vector<Match> matches;
  for (const AffinityBook::Match& match : book_.MatchedBy(request))
    matches.push_back({Describe(match.standing), match.standing.affinity.owner, match.excluded});
  return matches;
}

AffinityListing AffinityManager::Describe(const AffinityBook::Standing& standing) const {
  const auto& service = directory_.Service(standing.cell.service);
  const absl::Duration now = clock_.Now();
  return {standing.cell,
          service.name,
          service.vip,
          service.protocol,
          directory_.TargetName(standing.affinity.owner),
          now - standing.affinity.started,
          std::max(standing.affinity.ends - now, absl::ZeroDuration()),
          standing.affinity.extends};
}

}  // namespace holdfast
