// ConnectionTable::Insert(), where its home is full and it must look further.
#include "tables/connection_table.h"

namespace holdfast {

ConnectionTable::Room ConnectionTable::RoomOf(std::size_t bucket, EvictionOrder::Victim victim) {
  const Slot slot = FingerprintBuckets::SlotAt(bucket, victim.position);
  const auto outcome = insert_detail::OutcomeOfEvicting(victim);
  if (outcome != InsertOutcome::kFull) Remove(slot);
  return {slot, outcome};
}

ConnectionTable::Room ConnectionTable::RoomFor(const FlowHash& hash, std::uint32_t random) {
  const BucketPair pair = buckets_.PairOf(hash);
  if (const auto empty = buckets_.EmptySlotIn(pair.partner))
    return {*empty, InsertOutcome::kInserted};
  return IsNearlyFull() ? RoomOfLeast(pair, random) : RoomByMoves(hash, pair, random);
}

// The room of an entry that has idled out comes before the room that moves make.
ConnectionTable::Room ConnectionTable::RoomByMoves(const FlowHash& hash, const BucketPair& pair,
                                                   std::uint32_t random) {
  for (const std::size_t bucket : {pair.home, pair.partner})
    if (const auto victim = order_.Least(buckets_.At(bucket), random); victim.expired())
      return RoomOf(bucket, victim);
  const auto move_cold = [this](Slot from, Slot to) { cold(to) = cold(from); };
  if (const auto room = buckets_.MakeRoom(hash, move_cold))
    return {*room, InsertOutcome::kInserted};
  return RoomOfLeast(pair, random);
}

ConnectionTable::Room ConnectionTable::RoomOfLeast(const BucketPair& pair, std::uint32_t random) {
  const auto at_home = order_.Least(buckets_.At(pair.home), random);
  const auto away = order_.Least(buckets_.At(pair.partner), random);
  return at_home.cost <= away.cost ? RoomOf(pair.home, at_home) : RoomOf(pair.partner, away);
}

}  // namespace holdfast
