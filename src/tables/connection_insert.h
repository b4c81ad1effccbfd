// ConnectionTable::Insert(). A flood calls it for each of its packets: it is inlined,
// so that nothing of a record is stored but where it belongs.
#pragma once

#include <emmintrin.h>

#include <array>
#include <bit>
#include <cstddef>

#include "tables/connection_table.h"
#include "tables/connection_value.h"

namespace holdfast {
namespace insert_detail {

// Past the caches, because nobody reads it soon, word by word: a caller has just put
// the record together from such and smaller parts, and a wider load would wait until
// they have reached the cache, behind the lines of all records before.
template <typename Cold>
void WritePast(Cold& line, const ConnectionRecord& record, bool half_open,
               std::uint64_t home_bucket) {
  static_assert(offsetof(FlowKey, vip) == 16 && offsetof(FlowKey, client_port) == 32);
  static_assert(offsetof(FlowKey, vip_port) == 34 && offsetof(FlowKey, protocol) == 36);
  static_assert(offsetof(ConnectionRecord, service) == 38);
  static_assert(offsetof(ConnectionRecord, half_open) == 42);
  static_assert(offsetof(ConnectionRecord, counts_for_client) == 43);
  static_assert(sizeof(ConnectionRecord) == 44);
  static_assert(offsetof(Cold, home_bucket) == 48 && sizeof(Cold) == 64);
  const auto client = std::bit_cast<std::array<std::uint64_t, 2>>(record.key.client.bytes());
  const auto vip = std::bit_cast<std::array<std::uint64_t, 2>>(record.key.vip.bytes());
  const std::uint64_t rest = record.key.client_port | std::uint64_t{record.key.vip_port} << 16 |
                             static_cast<std::uint64_t>(record.key.protocol) << 32 |
                             static_cast<std::uint64_t>(record.service) << 48;
  const std::uint64_t last = record.original | static_cast<std::uint64_t>(half_open) << 16 |
                             static_cast<std::uint64_t>(record.counts_for_client) << 24;
  const std::uint64_t words[] = {client[0], client[1], vip[0], vip[1], rest, last, home_bucket, 0};
  auto* to = reinterpret_cast<long long*>(&line);
  for (const std::uint64_t word : words) _mm_stream_si64(to++, static_cast<long long>(word));
}

inline ConnectionTable::InsertOutcome OutcomeOfEvicting(EvictionOrder::Victim victim) {
  using Outcome = ConnectionTable::InsertOutcome;
  static constexpr Outcome kByRank[] = {Outcome::kEvictedUnfinished, Outcome::kEvictedClosing,
                                        Outcome::kEvictedUnproven, Outcome::kFull};
  if (victim.expired()) return Outcome::kReplacedExpired;
  return kByRank[static_cast<std::size_t>(victim.rank())];
}

}  // namespace insert_detail

inline bool ConnectionTable::BeginHalfOpen(const ConnectionRecord& record, ConnectionPhase phase) {
  if (!counts_half_open_) [[likely]]
    return false;
  if (phase != ConnectionPhase::kOpening || Index(record.service) >= kMaxServices) return false;
  sizes_->half_open[Index(record.service)].Add(1);
  return true;
}

inline void ConnectionTable::Fill(Slot slot, const FlowHash& hash, const ConnectionRecord& record,
                                  std::uint32_t value, ConnectionPhase phase) {
  insert_detail::WritePast(cold(slot), record, BeginHalfOpen(record, phase), hash.bucket);
  buckets_.Store(slot, hash, value);
  CountIn(record, value);
}

inline ConnectionTable::InsertOutcome ConnectionTable::TakeOver(
    std::size_t home, EvictionOrder::Victim victim, const FlowHash& hash,
    const ConnectionRecord& record, std::uint32_t value, ConnectionPhase phase) {
  const Slot slot = FingerprintBuckets::SlotAt(home, victim.position);
  Cold& line = cold(slot);
  const std::uint32_t old =
      buckets_.At(home).values[victim.position].load(std::memory_order_relaxed);
  if (counts_half_open_) [[unlikely]]
    EndHalfOpen(slot);
  CountOver(slot, old, record, value);
  insert_detail::WritePast(line, record, BeginHalfOpen(record, phase), hash.bucket);
  buckets_.Replace(home, victim.position, hash, value);
  return insert_detail::OutcomeOfEvicting(victim);
}

// An empty slot at home is nearest. Looking for more costs dozens of buckets when there
// is none: a flood must not have that for each of its SYNs.
[[gnu::always_inline]] inline ConnectionTable::InsertOutcome ConnectionTable::Insert(
    const FlowHash& hash, const ConnectionRecord& record, TargetHandle target,
    ConnectionPhase phase, CoarseTick now) {
  const std::uint32_t value = ConnectionValue(target, phase, now);
  const std::size_t home = buckets_.HomeOf(hash);
  if (const auto empty = buckets_.EmptySlotIn(home)) {
    Fill(*empty, hash, record, value, phase);
    return InsertOutcome::kInserted;
  }
  if (order_.now() != now) [[unlikely]]
    order_ = EvictionOrder(longest_, now);
  // The upper half of the fingerprint: buckets depend on the rest.
  const auto random = static_cast<std::uint32_t>(hash.fingerprint >> 32);
  if (IsNearlyFull())
    if (const auto victim = order_.Least(buckets_.At(home), random); victim.IsOfTheFirst())
      return TakeOver(home, victim, hash, record, value, phase);
  const Room room = RoomFor(hash, random);
  if (room.outcome != InsertOutcome::kFull) Fill(room.slot, hash, record, value, phase);
  return room.outcome;
}

}  // namespace holdfast
