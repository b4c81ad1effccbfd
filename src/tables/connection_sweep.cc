// ConnectionTable::Sweep().
#include "tables/connection_table.h"

namespace holdfast {

ConnectionTable::SweepResult ConnectionTable::Sweep(std::size_t buckets, const SweepRules& rules) {
  SweepResult result;
  for (std::size_t n = 0; n < buckets; ++n) {
    for (std::size_t i = 0; i < FingerprintBuckets::kSlotsPerBucket; ++i)
      SweepSlot(static_cast<Slot>(sweep_position_ * FingerprintBuckets::kSlotsPerBucket + i), rules,
                result);
    if (++sweep_position_ < bucket_count()) continue;
    // The next pass is another call's: its caller knows what has changed.
    sweep_position_ = 0;
    result.pass_completed = true;
    break;
  }
  return result;
}

void ConnectionTable::SweepSlot(Slot slot, const SweepRules& rules, SweepResult& result) {
  if (buckets_.Fingerprint(slot) == 0) return;
  const Entry entry = EntryAt(slot, buckets_.Value(slot), rules.now);
  if (entry.expired) {
    Remove(slot);
    ++result.expired;
  } else if (rules.is_stale != nullptr && rules.is_stale(rules.context, entry.target)) {
    Remove(slot);
    ++result.stale;
  } else if (sizes_->copies.Read() != 0 && cold(slot).record.IsCopy() &&
             !OriginalLives(slot, rules)) {
    CountOut(cold(slot).record);
    cold(slot).record.original = ConnectionRecord::kNoOriginal;
    CountIn(cold(slot).record);
    ++result.promoted;
  }
}

bool ConnectionTable::OriginalLives(Slot slot, const SweepRules& rules) const {
  const ConnectionTable& table = *rules.all_tables[cold(slot).record.original];
  const auto original = table.Find(HashOf(slot), rules.now);
  return original && !original->expired;
}

FlowHash ConnectionTable::HashOf(Slot slot) const {
  return {.bucket = cold(slot).home_bucket, .fingerprint = buckets_.Fingerprint(slot)};
}

}  // namespace holdfast
