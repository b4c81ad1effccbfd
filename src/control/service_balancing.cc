#include "control/service_balancing.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "balancing/standby_rank.h"

namespace holdfast {
namespace {

using Member = ServiceBalancing::Member;

// Balancing would use it, if only it were not down.
bool IsCandidate(const TargetRecord& target, const Member& member) {
  return target.IsUp() && member.weight > 0;
}

OnDrain FromConfig(config::OnDrain on_drain) {
  switch (on_drain) {
    case config::OnDrain::kBreak:
      return OnDrain::kBreak;
    case config::OnDrain::kRefuse:
      return OnDrain::kRefuse;
    case config::OnDrain::kHonor:
      break;
  }
  return OnDrain::kHonor;
}

bool SameAsConfigured(const ServiceBalancing::Members& a, const ServiceBalancing::Members& b) {
  return std::ranges::equal(a, b, [](const auto& one, const auto& other) {
    return one.first == other.first && one.second.weight == other.second.weight &&
           one.second.rank == other.second.rank;
  });
}

std::size_t SlotOf(const MaglevRing::Choice& choice) {
  return TargetHandle::FromRaw(choice.value).slot();
}

}  // namespace

ServiceBalancing::Policy ServiceBalancing::PolicyOf(const config::Service& service) {
  return {.method = service.method,
          .on_drain = FromConfig(service.on_drain),
          .drain_deadline = service.drain_deadline,
          .suspends_when_down = service.on_down == config::OnDown::kSuspend,
          .panic_threshold = service.panic_threshold,
          .switch_back = service.switch_back};
}

bool ServiceBalancing::TreatsOwnersOtherwise(const config::Service& service) const {
  const Policy next = PolicyOf(service);
  return next.on_drain != policy_.on_drain || next.drain_deadline != policy_.drain_deadline ||
         next.suspends_when_down != policy_.suspends_when_down;
}

bool ServiceBalancing::Configure(const config::Service& service, Members members) {
  const Policy policy = PolicyOf(service);
  if (policy == policy_ && SameAsConfigured(members, members_)) return false;
  for (auto& [slot, member] : members) {
    const auto known = members_.find(slot);
    if (known == members_.end()) continue;
    Member kept = known->second;
    kept.weight = member.weight;
    kept.rank = member.rank;
    // A later deadline, or none, is judged anew.
    kept.drained &= policy.drain_deadline == policy_.drain_deadline;
    member = kept;
  }
  policy_ = policy;
  members_ = std::move(members);
  return true;
}

bool ServiceBalancing::Find(std::size_t slot, Health health, HealthSource source) {
  std::uint8_t& found = members_.at(slot).found_down;
  const auto bit = static_cast<std::uint8_t>(1U << static_cast<unsigned>(source));
  const auto next = static_cast<std::uint8_t>(health == Health::kDown ? found | bit : found & ~bit);
  return std::exchange(found, next) != next;
}

bool ServiceBalancing::Rebuild(std::span<const TargetRecord> targets, std::uint64_t ring_seed) {
  const bool any_fell = JudgeHealth(targets);
  Choices choices = UsableChoices(targets);
  if (policy_.method == BalancingMethod::kReportedCapacity) WeighByReports(targets, choices);
  if (policy_.method == BalancingMethod::kHotStandby) KeepActiveRank(choices);
  std::erase_if(choices, [](const MaglevRing::Choice& choice) { return choice.weight == 0; });
  ring_ = choices.empty() ? MaglevRing() : MaglevRing(choices, ring_seed);
  turns_ = policy_.method == BalancingMethod::kRoundRobin ? TurnSchedule(choices) : TurnSchedule();
  least_ = policy_.method == BalancingMethod::kLeastConnections ? LeastConnections(choices)
                                                                : LeastConnections();
  NoteShares(choices);
  return any_fell;
}

bool ServiceBalancing::JudgeHealth(std::span<const TargetRecord> targets) {
  std::size_t candidates = 0;
  std::size_t healthy = 0;
  for (const auto& [slot, member] : members_) {
    if (!IsCandidate(targets[slot], member)) continue;
    ++candidates;
    healthy += member.found_down == 0 ? 1 : 0;
  }
  const bool panic = healthy < candidates && healthy < policy_.panic_threshold;
  if (panic && !in_panic_) ++panics_;
  in_panic_ = panic;
  std::vector<std::size_t> fell;
  for (auto& [slot, member] : members_) {
    const bool stays_up = panic && !member.down && IsCandidate(targets[slot], member);
    const bool down = member.found_down != 0 && !stays_up;
    if (!std::exchange(member.down, down) && down) fell.push_back(slot);
  }
  if (panic && CountUsable(targets) == 0)
    for (auto& [slot, member] : members_) member.down &= !IsCandidate(targets[slot], member);
  return std::ranges::any_of(fell, [this](std::size_t slot) { return members_.at(slot).down; });
}

std::size_t ServiceBalancing::CountUsable(std::span<const TargetRecord> targets) const {
  return static_cast<std::size_t>(std::ranges::count_if(members_, [&](const auto& entry) {
    return !entry.second.down && IsCandidate(targets[entry.first], entry.second);
  }));
}

// Weights stay with a target that drains or is down, so that it comes back as it was.
ServiceBalancing::Choices ServiceBalancing::UsableChoices(
    std::span<const TargetRecord> targets) const {
  Choices choices;
  for (const auto& [slot, member] : members_)
    if (const TargetView& view = targets[slot].view;
        !member.down && IsCandidate(targets[slot], member))
      choices.push_back({view.name, member.weight, static_cast<std::uint16_t>(view.handle.raw())});
  return choices;
}

void ServiceBalancing::WeighByReports(std::span<const TargetRecord> targets,
                                      Choices& choices) const {
  std::vector<ReportedShare> shares;
  for (const MaglevRing::Choice& choice : choices)
    shares.push_back({choice.weight, targets[SlotOf(choice)].capacity});
  const auto weights = CapacityWeights(shares);
  for (std::size_t i = 0; i < choices.size(); ++i) choices[i].weight = weights[i];
}

void ServiceBalancing::KeepActiveRank(Choices& choices) const {
  std::vector<StandbyCandidate> candidates;
  for (const MaglevRing::Choice& choice : choices) {
    const Member& member = members_.at(SlotOf(choice));
    candidates.push_back({member.rank, member.takes});
  }
  const auto rank = ActiveRank(candidates, policy_.switch_back);
  std::erase_if(choices, [&](const MaglevRing::Choice& choice) {
    return members_.at(SlotOf(choice)).rank != rank;
  });
}

void ServiceBalancing::NoteShares(const Choices& choices) {
  for (auto& [slot, member] : members_) {
    member.takes = false;
    member.share = 0;
  }
  for (const MaglevRing::Choice& choice : choices) {
    Member& member = members_.at(SlotOf(choice));
    member.takes = true;
    member.share = ring_.Share(choice.value);
  }
}

bool ServiceBalancing::NoteDrain(std::size_t slot, absl::Duration age) {
  const auto found = members_.find(slot);
  if (found == members_.end() || !policy_.drain_deadline || age < *policy_.drain_deadline)
    return false;
  return !std::exchange(found->second.drained, true);
}

void ServiceBalancing::EndDrain(std::size_t slot) {
  if (const auto found = members_.find(slot); found != members_.end())
    found->second.drained = false;
}

OwnerStanding ServiceBalancing::StandingOf(const TargetView& target) const {
  const Member& member = members_.at(target.handle.slot());
  if (member.down && !policy_.suspends_when_down) return OwnerStanding::kDown;
  const bool ends = policy_.on_drain == OnDrain::kBreak || member.drained;
  if (target.state == TargetState::kDraining && ends) return OwnerStanding::kDrained;
  return OwnerStanding::kHolds;
}

BalancingView ServiceBalancing::View(std::span<const TargetRecord> targets) const {
  BalancingView view{.method = policy_.method,
                     .turns = turns_,
                     .least = least_,
                     .on_drain = policy_.on_drain,
                     .down = {}};
  for (const auto& [slot, member] : members_)
    if (member.down) view.down.push_back(targets[slot].view.handle);
  std::ranges::sort(view.down);
  return view;
}

}  // namespace holdfast
