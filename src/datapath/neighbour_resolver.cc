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

NeighbourResolver::NeighbourResolver(std::vector<Identity> ports,
                                     const std::vector<config::Target>& targets, const Clock& clock,
                                     NeighbourTable& table, Send send)
    : ports_(std::move(ports)), clock_(clock), table_(table), send_(std::move(send)) {
  for (const config::Target& target : targets)
    if (target.mac) static_macs_[target.name] = *target.mac;
  // Each by its own port alone: no other answers for it, whatever its subnet.
  for (std::size_t i = 0; i < ports_.size(); ++i)
    for (const IpPrefix& prefix : ports_[i].addresses) AnnounceOn(PortIndex(i), prefix.address);
}

void NeighbourResolver::Follow(const Snapshot& snapshot) {
  for (std::size_t slot = 0; slot < snapshot.targets().size(); ++slot) {
    const TargetView& target = snapshot.targets()[slot];
    Lives(target) ? FollowTarget(slot, target) : Forget(slot);
  }
  for (const ServiceView& service : snapshot.services())
    if (!service.name.empty()) AnnounceVip(service.vip);
}

void NeighbourResolver::FollowTarget(std::size_t slot, const TargetView& target) {
  const auto known = neighbours_.find(slot);
  if (known != neighbours_.end() && known->second.handle == target.handle) return;
  Forget(slot);
  Neighbour neighbour{.handle = target.handle,
                      .port = target.port,
                      .address = target.address,
                      .due = clock_.Now(),
                      .quiet_until = clock_.Now(),
                      .is_static = false,
                      .known = false};
  if (const auto fixed = static_macs_.find(target.name); fixed != static_macs_.end()) {
    neighbour.is_static = neighbour.known = true;
    table_.Set(slot, fixed->second);
  }
  neighbours_[slot] = neighbour;
  slots_[target.address].push_back(slot);
}

void NeighbourResolver::Forget(std::size_t slot) {
  const auto found = neighbours_.find(slot);
  if (found == neighbours_.end()) return;
  std::erase(slots_[found->second.address], slot);
  if (slots_[found->second.address].empty()) slots_.erase(found->second.address);
  neighbours_.erase(found);
  table_.Clear(slot);
}

void NeighbourResolver::Learn(const NeighbourEvent& event) {
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
    if (!neighbour.is_static && now >= neighbour.due) SendRequest(neighbour);
  for (Announcement& announcement : announcements_)
    if (now >= announcement.due) SendAnnouncement(announcement);
  std::erase_if(announcements_, [](const Announcement& each) { return each.left == 0; });
}

void NeighbourResolver::SendRequest(Neighbour& neighbour) {
  std::array<std::uint8_t, kMinimumFrame> frame;
  WriteArpRequest(frame.data(), ports_[Index(neighbour.port)].mac,
                  OwnAddressFor(ports_[Index(neighbour.port)].addresses, neighbour.address),
                  neighbour.address);
  if (!send_(neighbour.port, frame)) return;
  neighbour.due = clock_.Now() + (neighbour.known ? kRefresh : kRetry);
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
  announcements_.push_back({port, address, clock_.Now(), kAnnouncements});
}

}  // namespace holdfast
