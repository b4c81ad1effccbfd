#include "tables/fragment_table.h"

namespace holdfast {

std::size_t FragmentTable::PlaceFor(const Set& set, std::uint64_t fingerprint, CoarseTick now) {
  std::size_t oldest = 0;
  std::uint32_t most = 0;
  for (std::size_t i = 0; i < kWays; ++i) {
    const std::uint64_t there = set.fingerprints[i].load(std::memory_order_acquire);
    if (there == fingerprint) return i;
    const std::uint32_t age =
        there == kEmpty ? ~0U : AgeOf(set.values[i].load(std::memory_order_relaxed), now);
    if (age < most) continue;
    most = age;
    oldest = i;
  }
  return oldest;
}

void FragmentTable::Insert(const FlowHash& datagram, const Way& way, CoarseTick now) {
  Set& set = SetOf(datagram);
  const std::uint64_t fingerprint = FingerprintOf(datagram);
  const std::size_t place = PlaceFor(set, fingerprint, now);
  std::uint64_t before = set.fingerprints[place].load(std::memory_order_relaxed);
  if (before == kBeingWritten || !set.fingerprints[place].compare_exchange_strong(
                                     before, kBeingWritten, std::memory_order_acquire))
    return;
  set.values[place].store(ValueOf(way, now), std::memory_order_release);
  set.fingerprints[place].store(fingerprint, std::memory_order_release);
}

std::optional<FragmentTable::Way> FragmentTable::Find(const FlowHash& datagram,
                                                      CoarseTick now) const {
  const Set& set = SetOf(datagram);
  const std::uint64_t fingerprint = FingerprintOf(datagram);
  for (std::size_t i = 0; i < kWays; ++i) {
    if (set.fingerprints[i].load(std::memory_order_acquire) != fingerprint) continue;
    const std::uint64_t value = set.values[i].load(std::memory_order_acquire);
    // Still the same: the value is of this fingerprint.
    if (set.fingerprints[i].load(std::memory_order_acquire) != fingerprint) return std::nullopt;
    if (AgeOf(value, now) > kLifetime) return std::nullopt;
    return Way{Destination::FromWord(static_cast<std::uint32_t>(value)),
               TargetHandle::FromRaw(static_cast<std::uint32_t>(value >> kTargetShift))};
  }
  return std::nullopt;
}

}  // namespace holdfast
