#include "datapath/path_mtus.h"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace holdfast {
namespace {

bool Lives(const TargetView& target) {
  return target.state != TargetState::kAbsent && target.state != TargetState::kRemoved;
}

std::uint16_t LeastFor(const IpAddress& address) {
  return address.IsV4() ? PathMtus::kLeastIpv4 : PathMtus::kLeastIpv6;
}

}  // namespace

void PathMtus::Learn(const PathMtuEvent& event) {
  if (!slots_.contains(event.target)) return;
  const std::uint16_t least = LeastFor(event.target);
  const auto mtu = static_cast<std::uint16_t>(
      std::clamp<std::uint32_t>(event.mtu, least, PathMtuTable::kNoLimit));
  const absl::Duration now = clock_.Now();
  const auto known = limits_.find(event.target);
  // A longer one than we keep to cannot be about a packet of ours.
  if (known != limits_.end() && mtu > known->second.mtu) return;
  if (known == limits_.end() || mtu < known->second.mtu)
    spdlog::info("path to {}: packets of at most {} bytes, as a router says (it said {})",
                 event.target.ToString(), mtu, event.mtu);
  limits_[event.target] = {mtu, now + kLifetime};
  Write(event.target, mtu);
}

void PathMtus::Follow(const Snapshot& snapshot) {
  slots_.clear();
  for (std::size_t slot = 0; slot < snapshot.targets().size(); ++slot) {
    const TargetView& target = snapshot.targets()[slot];
    if (Lives(target)) slots_[target.address] = slot;
  }
  absl::erase_if(limits_, [this](const auto& limit) { return !slots_.contains(limit.first); });
  for (std::size_t slot = 0; slot < snapshot.targets().size(); ++slot) {
    const TargetView& target = snapshot.targets()[slot];
    const auto limit = Lives(target) ? limits_.find(target.address) : limits_.end();
    table_.Set(slot, limit == limits_.end() ? PathMtuTable::kNoLimit : limit->second.mtu);
  }
}

void PathMtus::Tick() {
  const absl::Duration now = clock_.Now();
  absl::erase_if(limits_, [&](const auto& limit) {
    if (now < limit.second.until) return false;
    Write(limit.first, PathMtuTable::kNoLimit);
    return true;
  });
}

void PathMtus::Write(const IpAddress& address, std::uint16_t mtu) {
  table_.Set(slots_.at(address), mtu);
}

}  // namespace holdfast
