#include "affinity/affinity_book.h"

#include <algorithm>

namespace holdfast {
namespace {

constexpr std::int64_t kLastSecond = 0xfffffffe;

std::uint32_t WholeSeconds(absl::Duration duration) {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(
      absl::ToInt64Seconds(absl::Floor(duration, absl::Seconds(1))), 0, kLastSecond));
}
std::uint32_t SecondsUp(absl::Duration duration) {
  return WholeSeconds(absl::Ceil(duration, absl::Seconds(1)));
}

}  // namespace

AffinityBook::AffinityBook(const Limits& limits)
    : limits_(limits),
      store_(limits.capacity),
      timing_(limits.capacity),
      grouping_(limits.capacity),
      wheel_(timing_),
      kinds_(kMaxServices * 2),
      service_counts_(kMaxServices),
      owner_counts_(std::size_t{1} << TargetHandle::kBits),
      owner_holes_(owner_counts_.size()) {}

void AffinityBook::Count(const AffinityRecord& record, bool in) {
  const AffinityCell& cell = record.cell;
  const CellKind kind = CellKind::Of(cell);
  auto& family = kinds_[KindsIndex(cell)];
  if (family == nullptr) family = std::make_unique<FamilyKinds>();
  if (in && family->counts.Add(kind)) family->kinds.Add(kind);
  if (!in && family->counts.Remove(kind)) family->kinds.Remove(kind);
  const std::uint64_t one = in ? 1 : ~std::uint64_t{0};
  (cell.is_hole() ? owner_holes_ : owner_counts_)[record.owner.raw()] += one;
  if (!cell.is_hole()) service_counts_[Index(cell.service)] += one;
}

RecordId AffinityBook::Insert(const AffinityCell& cell, TargetHandle owner, absl::Duration now) {
  const RecordId id = store_.Insert(cell, owner);
  store_[id].started = WholeSeconds(now);
  Count(store_[id], true);
  return id;
}

void AffinityBook::EraseRecord(RecordId id) {
  Count(store_[id], false);
  store_.Erase(id);
}

void AffinityBook::SetEnd(RecordId id, std::uint32_t second) {
  wheel_.Remove(id, store_[id].ends);
  store_[id].ends = second;
  wheel_.Add(id, second);
}

AffinityBook::Establishment AffinityBook::Establish(const StartVerdict& verdict, TargetHandle owner,
                                                    absl::Duration now, absl::Duration granted,
                                                    Extends extends) {
  const std::uint32_t ends = SecondsUp(now) + SecondsUp(granted);
  const auto grant = [&](RecordId id) {
    store_[id].granted = SecondsUp(granted);
    store_[id].extends = extends(store_[id].cell);
  };
  Establishment made{.granted = granted, .losses = {}};
  for (const AffinityCell& hole : verdict.closing) {
    const RecordId id = FindHole(hole, owner);
    made.granted = std::min(made.granted, StandingOf(id).affinity.ends - now);
    EraseHole(id, made.losses);
  }
  for (const AffinityCell& cell : verdict.fresh) {
    const RecordId id = Insert(cell, owner, now);
    store_[id].ends = ends;
    grant(id);
    wheel_.Add(id, ends);
    Group& group = groups_[{cell.service, owner.raw()}];
    grouping_.Add(group.records, id);
    ++group.count;
  }
  for (const AffinityCell& cell : verdict.stood) {
    const RecordId id = store_.Find(cell);
    SetEnd(id, ends);
    grant(id);
  }
  const bool only_closes = verdict.fresh.empty() && verdict.stood.empty();
  made.granted = only_closes ? absl::Ceil(made.granted, absl::Seconds(1)) : granted;
  return made;
}

AffinityBook::Losses AffinityBook::End(const EndVerdict& verdict, TargetHandle owner) {
  for (const AffinityCell& hole : verdict.cuts) Cut(hole, owner);
  return Erase({verdict.cells.begin(), verdict.cells.end()});
}

void AffinityBook::Cut(const AffinityCell& hole, TargetHandle owner) {
  const RecordId wider = FindOwnAround(hole.AsHole(0), owner);
  const RecordId id = Insert(hole, owner, absl::Seconds(store_[wider].started));
  store_[id].cut_out_of = wider;
  timing_.Add(store_[wider].holes, id);
  ++store_[wider].hole_count;
}

void AffinityBook::EraseHole(RecordId id, Losses& losses) {
  AffinityRecord& wider = store_[store_[id].cut_out_of];
  timing_.Remove(wider.holes, id);
  --wider.hole_count;
  const AffinityCell cell = store_[id].cell;
  const auto last_number = static_cast<std::uint8_t>(NextHole(cell) - 1);
  const RecordId last = store_.Find(cell.AsHole(last_number));
  losses.gone.push_back(store_[last].cell);
  EraseRecord(id);
  if (last == id) return;
  store_.Rename(last, cell);
  losses.renumbered.emplace_back(cell, store_[last].owner);
}

AffinityBook::Losses AffinityBook::Erase(const std::vector<AffinityCell>& cells) {
  Losses losses;
  for (const AffinityCell& cell : cells)
    if (const RecordId id = store_.Find(cell); id != kNoRecord) EraseAffinity(id, losses);
  return losses;
}

void AffinityBook::EraseAffinity(RecordId id, Losses& losses) {
  PassOnHoles(id, losses);
  const AffinityRecord& record = store_[id];
  wheel_.Remove(id, record.ends);
  const auto group = groups_.find(GroupKey{record.cell.service, record.owner.raw()});
  grouping_.Remove(group->second.records, id);
  if (--group->second.count == 0) groups_.erase(group);
  losses.gone.push_back(record.cell);
  EraseRecord(id);
}

void AffinityBook::PassOnHoles(RecordId from, Losses& losses) {
  for (RecordId id = store_[from].holes.first, next; id != kNoRecord; id = next) {
    next = timing_.After(id);
    RecordId around = kNoRecord;
    WalkAround(store_[id].cell.AsHole(0), [&](RecordId wider) {
      const AffinityRecord& record = store_[wider];
      if (wider == from || record.cell.is_hole() || record.owner != store_[id].owner) return false;
      around = wider;
      return true;
    });
    if (around == kNoRecord) {
      EraseHole(id, losses);
      continue;
    }
    timing_.Remove(store_[from].holes, id);
    store_[id].cut_out_of = around;
    timing_.Add(store_[around].holes, id);
    ++store_[around].hole_count;
  }
}

AffinityBook::Losses AffinityBook::TakeDue(
    absl::Duration now, std::size_t limit, LastServed last_served,
    absl::FunctionRef<absl::Duration(ServiceSlot)> max_lifetime) {
  Losses losses;
  const std::uint32_t second = WholeSeconds(now);
  const auto extended = [&](const AffinityRecord& record) {
    const std::uint32_t served = last_served(record.cell);
    if (served == 0) return record.ends;
    const std::int64_t last =
        record.started + absl::ToInt64Seconds(std::min(max_lifetime(record.cell.service),
                                                       absl::Seconds(kLastSecond)));
    return static_cast<std::uint32_t>(std::min<std::int64_t>(served + record.granted, last));
  };
  wheel_.TakeDue(
      second, limit, [this](RecordId id) { return store_[id].ends; },
      [&](RecordId id) {
        const std::uint32_t ends = store_[id].extends ? extended(store_[id]) : 0;
        ends > second ? SetEnd(id, ends) : EraseAffinity(id, losses);
      });
  return losses;
}

RecordId AffinityBook::VisitFrom(RecordId from, std::size_t limit,
                                 absl::FunctionRef<void(RecordId)> visit) const {
  const RecordId numbers = store_.numbers();
  const auto end = static_cast<RecordId>(std::min<std::uint64_t>(from + limit, numbers));
  for (RecordId id = from; id < end; ++id)
    if (store_.Has(id)) visit(id);
  return end < numbers ? end : kNoRecord;
}

AffinityBook::Page AffinityBook::ListFrom(RecordId from, std::size_t limit) const {
  Page page;
  page.next = VisitFrom(from, limit, [&](RecordId id) { page.standing.push_back(StandingOf(id)); });
  return page;
}

RecordId AffinityBook::FindInside(const Cells& cells, TargetHandle owner, RecordId from,
                                  std::size_t limit, std::vector<AffinityCell>& found) const {
  return VisitFrom(from, limit, [&](RecordId id) {
    const AffinityRecord& record = store_[id];
    if (record.cell.is_hole() || record.owner != owner) return;
    if (std::ranges::any_of(cells,
                            [&](const AffinityCell& cell) { return cell.Contains(record.cell); }))
      found.push_back(record.cell);
  });
}

bool AffinityBook::NamesServicePorts(ServiceSlot service) const {
  bool names = false;
  for (const std::size_t family : {0U, 1U})
    if (const auto& kinds = kinds_[Index(service) * 2 + family])
      kinds->kinds.ForEach({}, [&](CellKind kind) { return names |= kind.NamesServicePort(); });
  return names;
}

void AffinityBook::ForEachGroup(absl::FunctionRef<void(ServiceSlot, TargetHandle)> visit) const {
  for (const auto& [key, group] : groups_) visit(key.first, TargetHandle::FromRaw(key.second));
}

void AffinityBook::ForEachOf(ServiceSlot service, TargetHandle owner,
                             absl::FunctionRef<void(const AffinityCell&)> visit) const {
  const auto group = groups_.find(GroupKey{service, owner.raw()});
  if (group == groups_.end()) return;
  for (RecordId id = group->second.records.first; id != kNoRecord; id = grouping_.After(id))
    visit(store_[id].cell);
}

std::uint64_t AffinityBook::CountOf(ServiceSlot service, TargetHandle owner) const {
  const auto group = groups_.find(GroupKey{service, owner.raw()});
  return group == groups_.end() ? 0 : group->second.count;
}

}  // namespace holdfast
