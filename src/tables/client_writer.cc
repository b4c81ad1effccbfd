#include "tables/client_writer.h"

#include <cstdlib>

namespace holdfast {
namespace {

using Words = ClientSlot::Words;

// What a bucket's claim announces; beside it stands the client's fingerprint. An idle claim has
// no more than its number.
//   number (12 bits) | slot (4) | target (14) | order (10) | tag of the slot while it is free (24)
struct Claim {
  static constexpr std::uint64_t kNumbers = 1 << 12;
  static constexpr int kSlotShift = 12;
  static constexpr int kTargetShift = kSlotShift + 4;
  static constexpr int kOrderShift = kTargetShift + TargetHandle::kBits;
  static constexpr int kTagShift = kOrderShift + 10;
  static constexpr std::uint64_t kTags = 1 << 24;
  static_assert(kTagShift + 24 == 64);
  static_assert(ClientTable::kSlots <= 16 && ClientPair::kOrders == 1 << 10);

  std::uint64_t number = 0;
  std::size_t slot = 0;
  TargetHandle target;
  std::uint32_t order = 0;
  std::uint64_t tag = 0;

  static Claim FromWord(std::uint64_t word) {
    return {.number = word & (kNumbers - 1),
            .slot = word >> kSlotShift & 15,
            .target = TargetHandle::FromRaw(static_cast<std::uint32_t>(word >> kTargetShift)),
            .order = static_cast<std::uint32_t>(word >> kOrderShift) & (ClientPair::kOrders - 1),
            .tag = word >> kTagShift};
  }
  [[nodiscard]] std::uint64_t word() const {
    return number | std::uint64_t{slot} << kSlotShift |
           std::uint64_t{target.raw()} << kTargetShift | std::uint64_t{order} << kOrderShift |
           tag << kTagShift;
  }
};
static_assert(kMaxWorkers <= 64);  // tags: who freed, and for the how manieth time

bool Equal(const Words& a, const Words& b) { return a.key == b.key && a.value == b.value; }

}  // namespace

void ClientWriter::Complete(Bucket& bucket, const Words& claim) {
  const Claim wanted = Claim::FromWord(claim.value);
  const ClientPair pair{.target = wanted.target, .connections = 1, .order = wanted.order};
  bucket.slots[wanted.slot].Swap({0, wanted.tag}, {claim.key, pair.word()});
  bucket.claim.Swap(claim, {0, wanted.number});
}

ClientWriter::Placement ClientWriter::Begin(const FlowHash& client, const Wish& wish,
                                            absl::FunctionRef<bool(TargetHandle)> may_take) {
  Bucket& bucket = table_.HomeOf(client);
  for (;;) {
    const Words claim = bucket.claim.Read();
    if (!IsIdle(claim)) {
      Complete(bucket, claim);
      continue;
    }
    const Sight sight = Look(bucket, client, wish, may_take);
    if (sight.changed) continue;
    Placement placement{.target = wish.target};
    if (sight.pair != nullptr) {
      if (Join(sight, placement)) return placement;
    } else if (sight.room == nullptr) {
      placement.is_full = true;
      return placement;
    } else if (ClaimRoom(bucket, claim, client, wish.target, sight)) {
      placement.counted = true;
      return placement;
    }
  }
}

// What lasts no more is freed before anything is claimed: nobody can take it up meanwhile, as a
// worker might whose second is not over yet.
ClientWriter::Sight ClientWriter::Look(Bucket& bucket, const FlowHash& client, const Wish& wish,
                                       absl::FunctionRef<bool(TargetHandle)> may_take) {
  Sight sight;
  ClientPair best;
  ClientPair newest;
  bool any = false;
  ClientSlot* idle = nullptr;
  Words idle_seen;
  for (ClientSlot& slot : bucket.slots) {
    const Words words = slot.Read();
    const auto pair = ClientPair::FromWord(words.value);
    if (words.key == 0) {
      if (sight.room == nullptr) sight.room = &slot;
    } else if (words.key != client.fingerprint) {
      if (pair.Lasts(now_, longest_linger_)) continue;
      idle = &slot;
      idle_seen = words;
    } else if (!pair.Lasts(now_, wish.linger)) {
      Free(slot, words);
      sight.changed = true;
    } else {
      if (!any || pair.IsNewerThan(newest)) newest = pair;
      any = true;
      if (pair.target != wish.target && !(wish.follows && may_take(pair.target))) continue;
      if (sight.pair != nullptr && !pair.IsNewerThan(best)) continue;
      best = pair;
      sight.pair = &slot;
      sight.seen = words;
    }
  }
  const bool is_newest = sight.pair != nullptr && best.order == newest.order;
  if (any) sight.next_order = (newest.order + (is_newest ? 0 : 1)) & (ClientPair::kOrders - 1);
  if (sight.pair == nullptr && sight.room == nullptr && idle != nullptr) {
    Free(*idle, idle_seen);
    sight.changed = true;
  }
  return sight;
}

bool ClientWriter::Join(const Sight& sight, Placement& placement) {
  auto pair = ClientPair::FromWord(sight.seen.value);
  placement.target = pair.target;
  placement.follows = true;
  if (pair.connections == ClientPair::kMostConnections) return true;
  const bool begins = pair.connections++ == 0;
  pair.order = sight.next_order;
  pair.held = false;
  if (!sight.pair->Swap(sight.seen, {sight.seen.key, pair.word()})) return false;
  if (begins) tally().began.Add(1);
  placement.counted = true;
  return true;
}

bool ClientWriter::ClaimRoom(Bucket& bucket, const Words& idle, const FlowHash& client,
                             TargetHandle target, const Sight& sight) {
  const Claim wanted{.number = (idle.value + 1) & (Claim::kNumbers - 1),
                     .slot = static_cast<std::size_t>(sight.room - bucket.slots.data()),
                     .target = target,
                     .order = sight.next_order,
                     .tag = sight.room->value.load(std::memory_order_acquire)};
  const Words claim{client.fingerprint, wanted.word()};
  if (!bucket.claim.Swap(idle, claim)) return false;
  Complete(bucket, claim);
  tally().taken.Add(1);
  tally().began.Add(1);
  return true;
}

bool ClientWriter::Free(ClientSlot& slot, const Words& seen) {
  const std::uint64_t tag = std::uint64_t{Index(self_)} | std::uint64_t{++frees_} << 6;
  if (!slot.Swap(seen, {0, tag & (Claim::kTags - 1)})) return false;
  tally().freed.Add(1);
  return true;
}

ClientSlot* ClientWriter::FindPair(const FlowHash& client, TargetHandle target, Words& seen) {
  for (ClientSlot& slot : table_.HomeOf(client).slots) {
    seen = slot.Read();
    if (seen.key == client.fingerprint && ClientPair::FromWord(seen.value).target == target)
      return &slot;
  }
  return nullptr;
}

bool ClientWriter::Leave(ClientSlot& slot, const Words& seen, bool may_stay, bool held) {
  auto pair = ClientPair::FromWord(seen.value);
  if (pair.connections == 0) {
    if (Equal(seen, slot.Read())) std::abort();  // ended twice
    return false;
  }
  const bool ends = --pair.connections == 0;
  if (ends && (!may_stay || (longest_linger_ == 0 && !held))) {
    if (!Free(slot, seen)) return false;
  } else {
    pair.ended = now_;
    pair.held = ends && held;
    if (!slot.Swap(seen, {seen.key, pair.word()})) return false;
  }
  if (ends) tally().ended.Add(1);
  return true;
}

void ClientWriter::End(const FlowHash& client, TargetHandle target, bool held) {
  for (;;) {
    Words seen;
    ClientSlot* const slot = FindPair(client, target, seen);
    if (slot == nullptr) std::abort();  // it has never begun
    if (Leave(*slot, seen, true, held)) return;
  }
}

bool ClientWriter::Withdraw(const FlowHash& client, TargetHandle target) {
  for (;;) {
    Words seen;
    ClientSlot* const slot = FindPair(client, target, seen);
    if (slot == nullptr) std::abort();
    if (Leave(*slot, seen, false, false)) return ClientPair::FromWord(seen.value).connections == 1;
  }
}

std::size_t ClientWriter::SweptBuckets() const {
  const std::size_t writers = table_.tallies_->size();
  const std::size_t self = Index(self_);
  return table_.bucket_count_ * (self + 1) / writers - table_.bucket_count_ * self / writers;
}

bool ClientWriter::Sweep(std::size_t buckets, absl::FunctionRef<bool(TargetHandle)> is_gone) {
  const std::size_t first = table_.bucket_count_ * Index(self_) / table_.tallies_->size();
  const std::size_t share = SweptBuckets();
  for (std::size_t n = 0; n < buckets && swept_ < share; ++n, ++swept_) {
    for (ClientSlot& slot : table_.At(first + swept_).slots) {
      const Words words = slot.Read();
      if (words.key == 0) continue;
      const auto pair = ClientPair::FromWord(words.value);
      if (pair.connections != 0) continue;
      if (!pair.Lasts(now_, longest_linger_) || is_gone(pair.target)) Free(slot, words);
    }
  }
  if (swept_ < share) return false;
  swept_ = 0;
  return true;
}

}  // namespace holdfast
