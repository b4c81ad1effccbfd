#include "control/affinity_manager.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "control/affinity_wording.h"

namespace holdfast {
namespace {

using Services = std::vector<const TargetDirectory::ServiceIdentity*>;

AffinityKey KeyOf(const AffinityCell& cell) {
  return {cell.service, cell.client, cell.client_port, cell.service_port};
}

std::vector<std::uint16_t> EachOnce(std::vector<std::uint16_t> ports) {
  std::sort(ports.begin(), ports.end());
  ports.erase(std::unique(ports.begin(), ports.end()), ports.end());
  return ports;
}

std::vector<std::uint16_t> OrAny(std::vector<std::uint16_t> ports) {
  return ports.empty() ? std::vector<std::uint16_t>{0} : EachOnce(std::move(ports));
}

std::string PlaceInWords(const AffinitySelector& selector) {
  return absl::StrCat(selector.vip.ToString(), " ", ProtocolName(selector.protocol));
}

}  // namespace

AffinityManager::AffinityManager(Options options, const Clock& clock,
                                 const TargetDirectory& directory,
                                 const std::vector<AffinityTable*>& replicas,
                                 ControlCounters& counters)
    : capacity_(options.capacity),
      clock_(clock),
      directory_(directory),
      counters_(counters),
      book_(options.capacity, options.max_duration),
      losses_seen_(directory.losses()) {
  replicas_.reserve(replicas.size());
  for (AffinityTable* replica : replicas) replicas_.emplace_back(*replica);
}

std::vector<AffinityCell> AffinityManager::Resolved::Cells(const IpAddress& client) const {
  std::vector<AffinityCell> cells;
  cells.reserve(CellCount());
  for (const auto& [service, service_port] : services)
    for (const std::uint16_t client_port : client_ports)
      cells.push_back({service, client, client_port, service_port});
  return cells;
}

AffinityManager::Resolved AffinityManager::ResolveStart(const AffinitySelector& selector,
                                                        const std::string& target) const {
  Resolved resolved{{}, OrAny(selector.client_ports), ""};
  const auto refuse = [&resolved](std::string why) {
    return Resolved{{}, resolved.client_ports, std::move(why)};
  };
  const std::string place = PlaceInWords(selector);
  const auto handle = directory_.FindTarget(target);
  if (!handle) return refuse(absl::StrCat("no target is called '", target, "'"));
  if (directory_.ServicesOf(selector.vip, selector.protocol).empty())
    return refuse(absl::StrCat("no service is at ", place));
  const Services served = directory_.ServedBy(*handle, selector.vip, selector.protocol);
  if (served.empty())
    return refuse(absl::StrCat("target '", target, "' serves no service at ", place));

  // What would end at once is not begun.
  std::string why_not;
  const auto may_hold = [&](const TargetDirectory::ServiceIdentity& service) {
    const OwnerStanding standing = directory_.StandingOf(*handle, service.slot);
    if (standing == OwnerStanding::kHolds) return true;
    why_not = WhyNoOwner(target, service.name, standing);
    return false;
  };
  if (selector.service_ports.empty())
    for (const auto* service : served)
      if (may_hold(*service)) resolved.services.emplace_back(service->slot, 0);
  for (const std::uint16_t port : EachOnce(selector.service_ports)) {
    const auto* service = directory_.ServiceAt(selector.vip, selector.protocol, port);
    if (service == nullptr || !directory_.Serves(*handle, service->slot))
      return refuse(absl::StrCat("target '", target, "' does not serve ", place, " port ", port));
    if (!may_hold(*service)) return refuse(why_not);
    resolved.services.emplace_back(service->slot, port);
  }
  return resolved.services.empty() ? refuse(why_not) : resolved;
}

AffinityManager::Resolved AffinityManager::ResolveEnd(const AffinitySelector& selector,
                                                      const std::string& target) const {
  if (selector.service_ports.empty()) return ResolveStart(selector, target);
  Resolved resolved{{}, OrAny(selector.client_ports), ""};
  if (!directory_.FindTarget(target)) {
    resolved.refusal = absl::StrCat("no target is called '", target, "'");
    return resolved;
  }
  for (const std::uint16_t port : EachOnce(selector.service_ports)) {
    if (const auto* service = directory_.ServiceAt(selector.vip, selector.protocol, port))
      resolved.services.emplace_back(service->slot, port);
    else
      resolved.refusal = absl::StrCat("no service is at ", PlaceInWords(selector), " port ", port);
  }
  return resolved;
}

AffinityAnswer AffinityManager::Start(const AffinitySelector& selector, const std::string& target,
                                      absl::Duration duration) {
  return Counted(JudgeAndStart(selector, target, duration));
}

AffinityAnswer AffinityManager::JudgeAndStart(const AffinitySelector& selector,
                                              const std::string& target, absl::Duration duration) {
  AffinityAnswer answer;
  const Resolved resolved = ResolveStart(selector, target);
  if (!resolved.refusal.empty()) {
    answer.outcome = AffinityOutcome::kNotATarget;
    answer.explanation = resolved.refusal + "; nothing changed";
    return answer;
  }
  // Lists that cannot fit are not multiplied out first.
  if (resolved.CellCount() > capacity_) return Full(resolved.CellCount());

  const TargetHandle owner = *directory_.FindTarget(target);
  const auto verdict = book_.JudgeStart(resolved.Cells(selector.client), owner);
  answer.outcome = verdict.outcome;
  if (answer.outcome == AffinityOutcome::kTableFull) return Full(resolved.CellCount());
  if (verdict.conflict) answer.conflict = Describe(*verdict.conflict);
  if (!verdict.conflict) {
    if (!InsertIntoReplicas(verdict.fresh, owner)) return Full(resolved.CellCount());
    answer.granted = book_.Grant(duration);
    book_.Establish(verdict, owner, clock_.Now(), answer.granted);
  }
  answer.explanation = Explain(answer, selector, target);
  return answer;
}

AffinityAnswer AffinityManager::End(const AffinitySelector& selector, const std::string& target) {
  return Counted(JudgeAndEnd(selector, target));
}

AffinityAnswer AffinityManager::JudgeAndEnd(const AffinitySelector& selector,
                                            const std::string& target) {
  AffinityAnswer answer;
  const Resolved resolved = ResolveEnd(selector, target);
  if (!resolved.refusal.empty()) {
    answer.explanation = resolved.refusal + "; nothing changed";
    return answer;
  }
  // More than can stand cannot all stand.
  if (resolved.CellCount() <= capacity_) {
    const auto verdict =
        book_.JudgeEnd(resolved.Cells(selector.client), *directory_.FindTarget(target));
    answer.outcome = verdict.outcome;
    if (verdict.conflict) answer.conflict = Describe(*verdict.conflict);
    book_.Erase(verdict.cells);
    EraseFromReplicas(verdict.cells);
  }
  answer.explanation = Explain(answer, selector, target);
  return answer;
}

AffinityAnswer AffinityManager::Counted(AffinityAnswer answer) {
  counters_.affinity_requests[static_cast<std::size_t>(answer.outcome)].Add(1);
  return answer;
}

AffinityAnswer AffinityManager::Full(std::uint64_t cells) const {
  return {
      AffinityOutcome::kTableFull,
      absl::StrCat("no room: ", size(), " affinities of at most ", capacity_,
                   " stand, and this start is ", cells, " (affinities.capacity); nothing changed"),
      {},
      {}};
}

bool AffinityManager::InsertIntoReplicas(const std::vector<AffinityCell>& cells,
                                         TargetHandle owner) {
  for (std::size_t replica = 0; replica < replicas_.size(); ++replica) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (replicas_[replica].Insert(KeyOf(cells[i]), owner)) continue;
      while (i-- > 0) replicas_[replica].Erase(KeyOf(cells[i]));
      while (replica-- > 0)
        for (const AffinityCell& cell : cells) replicas_[replica].Erase(KeyOf(cell));
      return false;
    }
  }
  return true;
}

void AffinityManager::EraseFromReplicas(const std::vector<AffinityCell>& cells) {
  for (AffinityTable::Writer& replica : replicas_)
    for (const AffinityCell& cell : cells) replica.Erase(KeyOf(cell));
}

std::size_t AffinityManager::EndOrphans() {
  if (std::exchange(losses_seen_, directory_.losses()) == directory_.losses()) return 0;
  std::vector<AffinityCell> orphans;
  book_.ForEach([&](const AffinityCell& cell, TargetHandle owner) {
    const auto reason = WhyOrphaned(cell, owner);
    if (!reason) return;
    orphans.push_back(cell);
    counters_.affinities_orphaned[static_cast<std::size_t>(*reason)].Add(1);
  });
  book_.Erase(orphans);
  EraseFromReplicas(orphans);
  return orphans.size();
}

std::optional<OrphanReason> AffinityManager::WhyOrphaned(const AffinityCell& cell,
                                                         TargetHandle owner) const {
  const auto* service = directory_.FindService(cell.service);
  if (service == nullptr) return OrphanReason::kVipRemoved;
  if (!directory_.Has(owner)) return OrphanReason::kTargetRemoved;
  const bool has_port = cell.service_port == 0 || service->ports.Contains(cell.service_port);
  if (!has_port || !directory_.Serves(owner, cell.service)) return OrphanReason::kNotATarget;
  switch (directory_.StandingOf(owner, cell.service)) {
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
  const auto due = book_.TakeDue(clock_.Now(), limit);
  EraseFromReplicas(due);
  counters_.affinities_expired.Add(due.size());
  return due.size();
}

std::optional<AffinityCell> AffinityManager::List(
    const std::optional<AffinityCell>& after, std::size_t limit,
    absl::FunctionRef<void(const AffinityListing&)> visit) const {
  const auto page = book_.ListAfter(after, limit);
  for (const AffinityBook::Standing& standing : page) visit(Describe(standing));
  if (page.size() < limit || page.empty()) return std::nullopt;
  return page.back().cell;
}

std::vector<AffinityListing> AffinityManager::MatchedBy(const AffinityCell& request) const {
  std::vector<AffinityListing> listings;
  for (const AffinityBook::Standing& standing : book_.MatchedBy(request))
    listings.push_back(Describe(standing));
  return listings;
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
          std::max(standing.affinity.ends - now, absl::ZeroDuration())};
}

}  // namespace holdfast
