// ConnectionTable::Sweep(): a bucket at a time.
#include <bit>

#include "tables/bucket_lanes.h"
#include "tables/connection_table.h"
#include "tables/connection_value.h"

namespace holdfast {
namespace {

unsigned IdleSlots(const Bucket& bucket, const ConnectionTimeouts& timeouts, CoarseTick now) {
  const BucketLanes values = BucketLanes::ValuesOf(bucket);
  return BucketLanes{1 - IsAlive(values.first, timeouts, now),
                     1 - IsAlive(values.last, timeouts, now)}
      .Slots();
}

}  // namespace

ConnectionTable::SweepResult ConnectionTable::Sweep(std::size_t buckets, const SweepRules& rules) {
  constexpr std::size_t kAhead = 16;  // of a sweep that takes one bucket a turn, too
  SweepResult result;
  for (std::size_t n = 0; n < buckets; ++n) {
    buckets_.PrefetchBucket(sweep_position_ + kAhead);
    SweepBucket(sweep_position_, rules, result);
    if (++sweep_position_ < bucket_count()) continue;
    // The next pass is another call's: its caller knows what has changed.
    sweep_position_ = 0;
    result.pass_completed = true;
    break;
  }
  return result;
}

// A bit for each slot whose entry has been idle for longer than it may be.
unsigned ConnectionTable::OutlivedSlots(std::size_t index, const SweepRules& rules) const {
  const Bucket& bucket = buckets_.At(index);
  if (rules.timeouts == nullptr) return IdleSlots(bucket, timeouts_, rules.now) & bucket.Occupied();
  unsigned idle = IdleSlots(bucket, rules.timeouts->shortest(), rules.now) & bucket.Occupied();
  if (!rules.timeouts->differ()) return idle;
  for (unsigned left = idle; left != 0; left &= left - 1) {
    const auto position = static_cast<unsigned>(std::countr_zero(left));
    const Slot slot = FingerprintBuckets::SlotAt(index, position);
    const ConnectionTimeouts& own = rules.timeouts->Of(cold(slot).record.service);
    idle ^= IsAlive(buckets_.Value(slot), own, rules.now) << position;
  }
  return idle;
}

void ConnectionTable::SweepBucket(std::size_t index, const SweepRules& rules, SweepResult& result) {
  const Bucket& bucket = buckets_.At(index);
  const unsigned idle = OutlivedSlots(index, rules);
  const auto for_each = [index](unsigned slots, auto&& what) {
    for (; slots != 0; slots &= slots - 1)
      what(FingerprintBuckets::SlotAt(index, static_cast<unsigned>(std::countr_zero(slots))));
  };
  for_each(idle, [&](Slot slot) {
    Remove(slot);
    ++result.expired;
  });
  if (rules.is_stale != nullptr)
    for_each(bucket.Occupied(), [&](Slot slot) { SweepStale(slot, rules, result); });
  if (sizes_->copies.Read() != 0)
    for_each(bucket.Occupied(), [&](Slot slot) { SweepCopy(slot, rules, result); });
}

void ConnectionTable::SweepStale(Slot slot, const SweepRules& rules, SweepResult& result) {
  if (!rules.is_stale(rules.context, TargetHandle::FromRaw(buckets_.Value(slot)))) return;
  Remove(slot);
  ++result.stale;
}

// A copy whose original is gone takes its place.
void ConnectionTable::SweepCopy(Slot slot, const SweepRules& rules, SweepResult& result) {
  ConnectionRecord& record = cold(slot).record;
  if (!record.IsCopy() || OriginalLives(slot, rules)) return;
  const std::uint32_t value = buckets_.Value(slot);
  CountOut(slot, value);
  record.original = ConnectionRecord::kNoOriginal;
  if (record.counts_for_client) record.counts_for_client = BeginForClient(record, value);
  CountIn(record, value);
  ++result.promoted;
}

// It goes on where it goes.
bool ConnectionTable::BeginForClient(const ConnectionRecord& record, std::uint32_t value) {
  const auto none = [](TargetHandle) { return false; };
  return clients_
      ->Begin(ClientOf(record), {.target = TargetHandle::FromRaw(value), .follows = false}, none)
      .counted;
}

bool ConnectionTable::OriginalLives(Slot slot, const SweepRules& rules) const {
  const ConnectionTable& table = *rules.all_tables[cold(slot).record.original];
  const auto original = table.Find(
      HashOf(slot), rules.now,
      rules.timeouts == nullptr ? timeouts_ : rules.timeouts->Of(cold(slot).record.service));
  return original && !original->expired;
}

FlowHash ConnectionTable::HashOf(Slot slot) const {
  return {.bucket = cold(slot).home_bucket, .fingerprint = buckets_.Fingerprint(slot)};
}

}  // namespace holdfast
