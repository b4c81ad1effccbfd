#include "tables/method_chooser.h"

#include <limits>

#include "balancing/ring_hash.h"

namespace holdfast {
namespace {

// Multiples of the golden section lie far from each other, however many there are.
constexpr std::uint32_t kGoldenSection = 0x9E3779B9;
constexpr std::uint32_t kNotBegun = std::numeric_limits<std::uint32_t>::max();

// The place after, of `size`.
std::uint32_t Next(std::uint32_t place, std::uint32_t size) {
  return place + 1 < size ? place + 1 : 0;
}

}  // namespace

MethodChooser::MethodChooser(WorkerId self, std::span<const ConnectionTable* const> tables,
                             std::uint64_t ring_seed)
    : tables_(tables),
      ring_seed_(ring_seed),
      start_(static_cast<std::uint32_t>(self) * kGoldenSection),
      cursors_(kMaxServices, kNotBegun),
      counts_(kMaxTargets) {}

std::optional<TargetHandle> MethodChooser::Choose(ServiceSlot slot, const ServiceView& service,
                                                  const IpAddress& client) {
  switch (service.balancing.method) {
    case BalancingMethod::kRoundRobin:
      return WhoseTurn(slot, service.balancing.turns);
    case BalancingMethod::kLeastConnections:
      return Least(slot, service.balancing.least);
    default:
      return PlaceOfClient(service.ring, client, ring_seed_);
  }
}

std::optional<TargetHandle> MethodChooser::PlaceOfClient(const MaglevRing& ring,
                                                         const IpAddress& client,
                                                         std::uint64_t ring_seed) {
  if (ring.empty()) return std::nullopt;
  return TargetHandle::FromRaw(ring.Pick(SourceHash(client, ring_seed)));
}

std::uint32_t MethodChooser::ConnectionsOf(std::span<const ConnectionTable* const> tables,
                                           TargetHandle target) {
  std::uint32_t connections = 0;
  for (const ConnectionTable* table : tables) connections += table->ConnectionsOf(target.slot());
  return connections;
}

std::uint32_t& MethodChooser::CursorOf(ServiceSlot slot, std::uint32_t size) {
  std::uint32_t& cursor = cursors_[Index(slot)];
  // Not begun, or the set has become smaller.
  if (cursor >= size) cursor = static_cast<std::uint32_t>(std::uint64_t{start_} * size >> 32);
  return cursor;
}

std::optional<TargetHandle> MethodChooser::WhoseTurn(ServiceSlot slot, const TurnSchedule& turns) {
  if (turns.empty()) return std::nullopt;
  std::uint32_t& cursor = CursorOf(slot, turns.size());
  const auto target = TargetHandle::FromRaw(turns[cursor]);
  cursor = Next(cursor, turns.size());
  return target;
}

// Equal ones take turns.
std::optional<TargetHandle> MethodChooser::Least(ServiceSlot slot, const LeastConnections& least) {
  if (least.empty()) return std::nullopt;
  std::uint32_t& cursor = CursorOf(slot, least.size());
  const std::uint32_t found = least.Least(cursor, [this](std::uint16_t value) {
    return CountOf(TargetHandle::FromRaw(value)).connections;
  });
  cursor = Next(found, least.size());
  const auto target = TargetHandle::FromRaw(least[found]);
  ++CountOf(target).connections;
  return target;
}

MethodChooser::Count& MethodChooser::CountOf(TargetHandle target) {
  Count& count = counts_[target.slot()];
  if (count.generation != generation_) count = {generation_, ConnectionsOf(tables_, target)};
  return count;
}

}  // namespace holdfast
