#include "datapath/neighbour_resolver.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"

namespace holdfast {
namespace {

constexpr absl::Duration kQuiet = absl::Seconds(1);
constexpr absl::Duration kClaimsQuiet = absl::Seconds(10);

bool Lives(const TargetView& target) {
  return target.state == TargetState::kUp || target.state == TargetState::kDraining;
}

}  // namespace

NeighbourResolver::NeighbourResolver(std::vector<PortIdentity> ports, const Clock& clock,
                                     NeighbourTable& table, NeighbourCounters& counters,
                                     SendFrame send)
    : ports_(std::move(ports)),
      clock_(clock),
      table_(table),
      counters_(counters),
      send_(std::move(send)),
      announcer_(ports_, clock, counters) {}

// ---- who they are

NeighbourResolver::Neighbour& NeighbourResolver::Name(const Place& place) {
  const auto [found, is_new] = neighbours_.try_emplace(place);
  if (is_new) found->second.since = found->second.due = found->second.quiet_until = clock_.Now();
  found->second.is_named = true;
  return found->second;
}

// A neighbour that does not answer is asked for already: nobody waits for it.
void NeighbourResolver::Meet(const config::BalancerConfig& config) {
  for (auto& [place, neighbour] : neighbours_) neighbour.is_stranger = false;
  for (const config::Target& target : config.targets) {
    const Place place{PortIndex(target.port), target.NextHop()};
    if (!neighbours_.contains(place)) Name(place).is_stranger = true;
  }
  SetStaticMacs(config);
}

std::size_t NeighbourResolver::strangers() const {
  return static_cast<std::size_t>(
      std::count_if(neighbours_.begin(), neighbours_.end(),
                    [](const auto& each) { return each.second.is_stranger && !each.second.mac; }));
}

void NeighbourResolver::Follow(const Snapshot& snapshot, const config::BalancerConfig& config) {
  for (auto& [place, neighbour] : neighbours_) {
    neighbour.is_named = neighbour.is_stranger = false;
    neighbour.slots.clear();
  }
  NameTargets(snapshot);
  NameRouters(config);
  SetStaticMacs(config);
  FillTable(snapshot);
  DropUnnamed();
  CountStates();
  announcer_.Follow(snapshot);
}

void NeighbourResolver::NameTargets(const Snapshot& snapshot) {
  for (std::size_t slot = 0; slot < snapshot.targets().size(); ++slot)
    if (const TargetView& target = snapshot.targets()[slot]; Lives(target))
      Name({target.port, target.NextHop()}).slots.push_back(slot);
}

void NeighbourResolver::NameRouters(const config::BalancerConfig& config) {
  for (std::size_t i = 0; i < config.ports.size(); ++i)
    for (const auto& gateway : {config.ports[i].gateway, config.ports[i].gateway_v6})
      if (gateway) Name({PortIndex(i), *gateway});
  for (const config::Route& route : config.routes) Name({PortIndex(route.port), route.via});
}

void NeighbourResolver::SetStaticMacs(const config::BalancerConfig& config) {
  absl::flat_hash_map<Place, MacAddress> macs;
  for (const config::StaticNeighbour& neighbour : config.neighbours) {
    const Place place{PortIndex(neighbour.port), neighbour.address};
    macs[place] = neighbour.mac;
    Name(place);
  }
  for (const config::Target& target : config.targets)
    if (target.mac) macs[{PortIndex(target.port), target.address}] = *target.mac;
  for (auto& [place, neighbour] : neighbours_) {
    const auto found = macs.find(place);
    const bool was_static = neighbour.is_static;
    neighbour.is_static = found != macs.end();
    if (neighbour.is_static) neighbour.mac = found->second;
    // What was said of it holds until it answers.
    if (was_static && !neighbour.is_static) neighbour.due = clock_.Now();
  }
}

void NeighbourResolver::DropUnnamed() {
  absl::erase_if(neighbours_, [](const auto& each) { return !each.second.is_named; });
}

void NeighbourResolver::FillTable(const Snapshot& snapshot) {
  const std::vector<TargetView>& targets = snapshot.targets();
  for (std::size_t slot = 0; slot < targets.size(); ++slot) {
    if (Lives(targets[slot])) {
      FillSlot(targets[slot]);
    } else if (followed_.erase(slot) != 0) {
      table_.Clear(slot);
    }
  }
  absl::erase_if(followed_, [&](const auto& each) {
    if (each.first < targets.size()) return false;
    table_.Clear(each.first);
    return true;
  });
}

void NeighbourResolver::FillSlot(const TargetView& target) {
  const std::size_t slot = target.handle.slot();
  const Place place{target.port, target.NextHop()};
  const auto before = followed_.find(slot);
  const bool is_known = before != followed_.end() && before->second.handle == target.handle;
  if (const auto& mac = neighbours_.at(place).mac)
    table_.Set(slot, *mac);
  else if (!is_known)
    table_.Clear(slot);
  followed_[slot] = {target.handle, place};
}

// ---- what is heard of them

void NeighbourResolver::Learn(const NeighbourEvent& event) {
  if (event.kind == NeighbourEvent::Kind::kClaimsOurs) return NoteClaim(event);
  const auto found = neighbours_.find({event.port, event.address});
  if (found == neighbours_.end()) return;
  Neighbour& neighbour = found->second;
  if (!IsBelieved(event, neighbour)) return;
  LogHeard(event, neighbour);
  neighbour.mac = event.mac;
  neighbour.unanswered = 0;
  neighbour.since = clock_.Now();
  neighbour.due = neighbour.since + kRefresh;
  for (const std::size_t slot : neighbour.slots) table_.Set(slot, event.mac);
}

bool NeighbourResolver::IsBelieved(const NeighbourEvent& event, Neighbour& neighbour) {
  const auto count = [this](UnbelievedClaim why) {
    counters_.unbelieved[static_cast<std::size_t>(why)].Add(1);
  };
  const bool is_other = neighbour.mac && *neighbour.mac != event.mac;
  if (neighbour.is_static) {
    if (is_other) count(UnbelievedClaim::kStatic);
    return false;
  }
  if (event.kind != NeighbourEvent::Kind::kHeardAgain || !is_other) return true;
  count(UnbelievedClaim::kNoOverride);
  neighbour.due = std::min(neighbour.due, clock_.Now() + kRetry);  // who has it now?
  return false;
}

void NeighbourResolver::NoteClaim(const NeighbourEvent& event) {
  counters_.unbelieved[static_cast<std::size_t>(UnbelievedClaim::kOursClaimed)].Add(1);
  if (clock_.Now() < claims_quiet_until_) return;
  claims_quiet_until_ = clock_.Now() + kClaimsQuiet;
  spdlog::warn(
      "{} on port '{}' says that it has {}, which is ours: it is not believed, but other hosts may "
      "send it what is for us. Find it and take the address away from it",
      event.mac.ToString(), ports_[Index(event.port)].name, event.address.ToString());
}

void NeighbourResolver::LogHeard(const NeighbourEvent& event, Neighbour& neighbour) {
  const bool was_failed = neighbour.state() == NeighbourState::kFailed;
  if (neighbour.mac == event.mac && !was_failed) return;
  const absl::Duration now = clock_.Now();
  if (now < neighbour.quiet_until) return;
  neighbour.quiet_until = now + kQuiet;
  spdlog::info("neighbour {} is at {}", event.address.ToString(), event.mac.ToString());
}

// ---- what is said

void NeighbourResolver::Tick() {
  const absl::Duration now = clock_.Now();
  for (auto& [place, neighbour] : neighbours_)
    if (!neighbour.is_static && now >= neighbour.due) Ask(place, neighbour);
  CountStates();
  announcer_.Tick(send_);
}

void NeighbourResolver::Ask(const Place& place, Neighbour& neighbour) {
  const auto& [port, address] = place;
  if (!SendQuestion(send_, port, ports_[Index(port)], address)) return;
  counters_.questions.Add(1);
  neighbour.due = clock_.Now() + kRetry;
  if (neighbour.unanswered > kPatience) return;
  if (++neighbour.unanswered <= kPatience) return;
  spdlog::warn("neighbour {} on port '{}' does not answer{}", address.ToString(),
               ports_[Index(port)].name,
               neighbour.mac ? absl::StrCat("; packets still go to ", neighbour.mac->ToString())
                             : std::string("; packets to it are lost"));
}

void NeighbourResolver::CountStates() {
  std::array<std::uint64_t, kNeighbourStateNames.size()> counts{};
  for (const auto& [place, neighbour] : neighbours_)
    ++counts[static_cast<std::size_t>(neighbour.state())];
  for (std::size_t i = 0; i < counts.size(); ++i) counters_.states[i].Set(counts[i]);
}

}  // namespace holdfast
