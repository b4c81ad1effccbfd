#include "datapath/neighbour_resolver.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/own_address.h"
#include "wire/arp.h"

namespace holdfast {
namespace {

// RFC 5227, 1.1: ANNOUNCE_NUM, ANNOUNCE_INTERVAL.
constexpr int kAnnouncements = 2;
constexpr absl::Duration kAnnouncementInterval = absl::Seconds(2);
constexpr absl::Duration kQuiet = absl::Seconds(1);

bool Lives(const TargetView& target) {
  return target.state == TargetState::kUp || target.state == TargetState::kDraining;
}

}  // namespace

NeighbourResolver::NeighbourResolver(std::vector<Identity> ports, const Clock& clock,
                                     NeighbourTable& table, Send send)
    : ports_(std::move(ports)), clock_(clock), table_(table), send_(std::move(send)) {
  // Each by its own port alone: no other answers for it, whatever its subnet.
  for (std::size_t i = 0; i < ports_.size(); ++i)
    for (const IpPrefix& prefix : ports_[i].addresses) AnnounceOn(PortIndex(i), prefix.address);
}

// A neighbour that does not answer is asked for already: nobody waits for it.
void NeighbourResolver::Meet(const std::vector<config::Target>& targets) {
  prospects_.clear();
  for (const config::Target& target : targets) {
    const Place place{static_cast<PortIndex>(target.port), target.address};
    if (!target.mac && NeighbourAt(place) == nullptr)
      prospects_[place] = {.due = clock_.Now(), .mac = {}};
  }
}

std::size_t NeighbourResolver::strangers() const {
  return static_cast<std::size_t>(std::count_if(prospects_.begin(), prospects_.end(),
                                                [](const auto& each) { return !each.second.mac; }));
}

void NeighbourResolver::Follow(const Snapshot& snapshot,
                               const std::vector<config::Target>& targets) {
  static_macs_.clear();
  for (const config::Target& target : targets)
    if (target.mac) static_macs_[target.name] = *target.mac;
  // First who comes: it may be where another one goes.
  for (std::size_t slot = 0; slot < snapshot.targets().size(); ++slot)
    if (const TargetView& target = snapshot.targets()[slot]; Lives(target))
      FollowTarget(slot, target);
  for (std::size_t slot = 0; slot < snapshot.targets().size(); ++slot)
    if (!Lives(snapshot.targets()[slot])) Forget(slot);
  for (const ServiceView& service : snapshot.services())
    if (!service.name.empty())
      for (const IpAddress& address : service.vip.AddressesIfFew()) AnnounceVip(address);
  prospects_.clear();
}

void NeighbourResolver::FollowTarget(std::size_t slot, const TargetView& target) {
  if (IsFollowed(slot, target)) return;
  const auto before = neighbours_.find(slot);
  const bool moves = before != neighbours_.end() && before->second.handle == target.handle;
  const auto mac = MacFor(target);
  moves ? StopFollowing(slot) : Forget(slot);
  neighbours_[slot] = {.handle = target.handle,
                       .port = target.port,
                       .address = target.address,
                       .due = clock_.Now(),
                       .quiet_until = clock_.Now(),
                       .is_static = static_macs_.contains(target.name),
                       .known = mac.has_value()};
  if (mac) table_.Set(slot, *mac);
  slots_[target.address].push_back(slot);
}

bool NeighbourResolver::IsFollowed(std::size_t slot, const TargetView& target) const {
  const auto found = neighbours_.find(slot);
  if (found == neighbours_.end()) return false;
  const Neighbour& known = found->second;
  const auto fixed = static_macs_.find(target.name);
  const bool is_static = fixed != static_macs_.end();
  return known.handle == target.handle && known.port == target.port &&
         known.address == target.address && known.is_static == is_static &&
         (!is_static || table_.Find(slot) == fixed->second);
}

std::optional<MacAddress> NeighbourResolver::MacFor(const TargetView& target) const {
  if (const auto fixed = static_macs_.find(target.name); fixed != static_macs_.end())
    return fixed->second;
  const Place place{target.port, target.address};
  if (const auto met = prospects_.find(place); met != prospects_.end()) return met->second.mac;
  const Neighbour* const other = NeighbourAt(place);
  return other != nullptr && other->known ? table_.Find(other->handle.slot()) : std::nullopt;
}

const NeighbourResolver::Neighbour* NeighbourResolver::NeighbourAt(const Place& place) const {
  const auto found = slots_.find(place.second);
  if (found == slots_.end()) return nullptr;
  const Neighbour* at = nullptr;
  for (const std::size_t slot : found->second)
    if (const Neighbour& one = neighbours_.at(slot); one.port == place.first)
      if (at == nullptr || one.known) at = &one;
  return at;
}

void NeighbourResolver::Forget(std::size_t slot) {
  if (!neighbours_.contains(slot)) return;
  StopFollowing(slot);
  table_.Clear(slot);
}

void NeighbourResolver::StopFollowing(std::size_t slot) {
  const auto found = neighbours_.find(slot);
  std::erase(slots_[found->second.address], slot);
  if (slots_[found->second.address].empty()) slots_.erase(found->second.address);
  neighbours_.erase(found);
}

void NeighbourResolver::Learn(const NeighbourEvent& event) {
  if (const auto met = prospects_.find({event.port, event.address}); met != prospects_.end())
    met->second.mac = event.mac;
  const auto found = slots_.find(event.address);
  if (found == slots_.end()) return;
  for (const std::size_t slot : found->second) {
    Neighbour& neighbour = neighbours_[slot];
    if (neighbour.is_static || neighbour.port != event.port) continue;
    if (table_.Find(slot) != event.mac) LogChange(neighbour, event.mac);
    table_.Set(slot, event.mac);
    neighbour.known = true;
    neighbour.due = clock_.Now() + kRefresh;
  }
}

void NeighbourResolver::LogChange(Neighbour& neighbour, const MacAddress& mac) {
  const absl::Duration now = clock_.Now();
  if (now < neighbour.quiet_until) return;
  neighbour.quiet_until = now + kQuiet;
  spdlog::info("target address {} is at {}", neighbour.address.ToString(), mac.ToString());
}

void NeighbourResolver::Tick() {
  const absl::Duration now = clock_.Now();
  for (auto& [slot, neighbour] : neighbours_)
    if (!neighbour.is_static && now >= neighbour.due &&
        SendRequest(neighbour.port, neighbour.address))
      neighbour.due = now + (neighbour.known ? kRefresh : kRetry);
  for (auto& [place, prospect] : prospects_)
    if (!prospect.mac && now >= prospect.due && SendRequest(place.first, place.second))
      prospect.due = now + kRetry;
  for (Announcement& announcement : announcements_)
    if (now >= announcement.due) SendAnnouncement(announcement);
  std::erase_if(announcements_, [](const Announcement& each) { return each.left == 0; });
}

bool NeighbourResolver::SendRequest(PortIndex port, const IpAddress& address) {
  if (!address.IsV4()) return true;
  std::array<std::uint8_t, kMinimumFrame> frame;
  WriteArpRequest(frame.data(), ports_[Index(port)].mac,
                  OwnAddressFor(ports_[Index(port)].addresses, address), address);
  return send_(port, frame);
}

void NeighbourResolver::SendAnnouncement(Announcement& announcement) {
  std::array<std::uint8_t, kMinimumFrame> frame;
  WriteGratuitousArp(frame.data(), ports_[Index(announcement.port)].mac, announcement.address);
  if (!send_(announcement.port, frame)) return;
  announcement.due = clock_.Now() + kAnnouncementInterval;
  --announcement.left;
}

void NeighbourResolver::AnnounceVip(const IpAddress& vip) {
  if (!announced_vips_.insert(vip).second) return;
  for (std::size_t i = 0; i < ports_.size(); ++i)
    if (std::any_of(ports_[i].addresses.begin(), ports_[i].addresses.end(),
                    [&](const IpPrefix& prefix) { return prefix.Contains(vip); }))
      AnnounceOn(PortIndex(i), vip);
}

void NeighbourResolver::AnnounceOn(PortIndex port, const IpAddress& address) {
  if (!address.IsV4()) return;
  announcements_.push_back({port, address, clock_.Now(), kAnnouncements});
}

}  // namespace holdfast
