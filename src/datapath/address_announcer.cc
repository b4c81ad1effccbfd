#include "datapath/address_announcer.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace holdfast {
namespace {

// RFC 5227, 1.1: ANNOUNCE_NUM, ANNOUNCE_INTERVAL. RFC 4861 (7.2.6) allows three.
constexpr int kAnnouncements = 2;
constexpr absl::Duration kAnnouncementInterval = absl::Seconds(2);

bool IsInSubnetOf(const PortIdentity& port, const IpAddress& address) {
  return std::any_of(port.addresses.begin(), port.addresses.end(),
                     [&](const IpPrefix& prefix) { return prefix.Contains(address); });
}

}  // namespace

AddressAnnouncer::AddressAnnouncer(const std::vector<PortIdentity>& ports, const Clock& clock,
                                   NeighbourCounters& counters)
    : ports_(ports), clock_(clock), counters_(counters) {
  for (std::size_t i = 0; i < ports_.size(); ++i) AnnouncePort(PortIndex(i));
}

void AddressAnnouncer::Follow(const Snapshot& snapshot) {
  absl::flat_hash_set<IpAddress> vips;
  std::vector<Announced> announced;
  for (const ServiceView& service : snapshot.services()) {
    if (service.name.empty()) continue;
    for (const IpAddress& vip : service.vip.AddressesIfFew())
      if (vips.insert(vip).second && !vips_.contains(vip)) AnnounceVip(vip, announced);
  }
  vips_ = std::move(vips);
}

absl::StatusOr<std::vector<Announced>> AddressAnnouncer::Announce(
    const std::optional<IpAddress>& vip) {
  std::vector<Announced> announced;
  if (vip) {
    if (!vips_.contains(*vip))
      return absl::NotFoundError(
          absl::StrCat("no service has the VIP ", vip->ToString(),
                       ", or it is in a prefix of more than sixteen addresses: such are not "
                       "announced but routed"));
    AnnounceVip(*vip, announced);
    return announced;
  }
  for (std::size_t i = 0; i < ports_.size(); ++i) {
    for (const IpPrefix& own : ports_[i].addresses) {
      AnnounceOn(PortIndex(i), own.address);
      announced.push_back({own.address, PortIndex(i)});
    }
  }
  for (const IpAddress& each : vips_) AnnounceVip(each, announced);
  return announced;
}

void AddressAnnouncer::AnnouncePort(PortIndex port) {
  // Each own address by its own port alone: no other answers for it, whatever its subnet.
  for (const IpPrefix& own : ports_[Index(port)].addresses) AnnounceOn(port, own.address);
  for (const IpAddress& vip : vips_)
    if (IsInSubnetOf(ports_[Index(port)], vip)) AnnounceOn(port, vip);
}

void AddressAnnouncer::AnnounceVip(const IpAddress& vip, std::vector<Announced>& announced) {
  for (std::size_t i = 0; i < ports_.size(); ++i) {
    if (!IsInSubnetOf(ports_[i], vip)) continue;
    AnnounceOn(PortIndex(i), vip);
    announced.push_back({vip, PortIndex(i)});
  }
}

void AddressAnnouncer::AnnounceOn(PortIndex port, const IpAddress& address) {
  announcements_[{port, address}] = {clock_.Now(), kAnnouncements};
}

void AddressAnnouncer::Tick(const SendFrame& send) {
  if (announcements_.empty()) return;
  const absl::Duration now = clock_.Now();
  for (auto& [place, announcement] : announcements_) {
    if (now < announcement.due) continue;
    if (!SendAnnouncement(send, place.first, ports_[Index(place.first)], place.second)) continue;
    counters_.announcements.Add(1);
    announcement = {now + kAnnouncementInterval, announcement.left - 1};
  }
  absl::erase_if(announcements_, [](const auto& each) { return each.second.left == 0; });
}

}  // namespace holdfast
