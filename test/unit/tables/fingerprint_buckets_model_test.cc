// FingerprintBuckets against std::unordered_map: random changes, and after each
// the same answers. Small tables, so that most changes meet a full bucket.
#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <unordered_map>
#include <vector>

#include "tables/fingerprint_buckets.h"
#include "tables/flows.h"

namespace holdfast {
namespace {

using testing::HashOf;

// The table, a model of it, and a cold record (the key) beside each slot.
class Pair {
 public:
  explicit Pair(std::size_t capacity)
      : table_(FingerprintBuckets::Create({}, capacity, MemoryKind::kNormal).value()),
        cold_(table_.slot_count()) {}

  void Put(std::uint32_t key, std::uint32_t value) {
    const FlowHash hash = HashOf(key);
    if (const auto match = table_.Find(hash)) {
      table_.SetValue(match->slot, value);
    } else {
      const auto slot = SlotFor(hash);
      if (!slot) return;
      cold_[*slot] = key;
      table_.Store(*slot, hash, value);
    }
    model_[key] = value;
  }
  void Remove(std::uint32_t key) {
    const auto match = table_.Find(HashOf(key));
    if (match) table_.Clear(match->slot);
    REQUIRE(match.has_value() == (model_.erase(key) == 1));
  }
  [[nodiscard]] bool Agree(std::uint32_t key) const {
    const auto match = table_.Find(HashOf(key));
    const auto expected = model_.find(key);
    if (!match || expected == model_.end()) return !match && expected == model_.end();
    return match->value == expected->second && cold_[match->slot] == key &&
           table_.Value(match->slot) == match->value &&
           table_.Fingerprint(match->slot) == HashOf(key).fingerprint;
  }
  [[nodiscard]] std::size_t UsedSlots() const {
    std::size_t used = 0;
    for (FingerprintBuckets::Slot slot = 0; slot < table_.slot_count(); ++slot)
      used += table_.Fingerprint(slot) != 0 ? 1 : 0;
    return used;
  }
  [[nodiscard]] std::size_t size() const { return model_.size(); }
  [[nodiscard]] std::size_t slot_count() const { return table_.slot_count(); }
  [[nodiscard]] int moves() const { return moves_; }
  [[nodiscard]] int refusals() const { return refusals_; }

 private:
  std::optional<FingerprintBuckets::Slot> SlotFor(const FlowHash& hash) {
    if (const auto empty = table_.EmptyCandidate(hash)) return empty;
    const auto room = table_.MakeRoom(hash, [this](auto from, auto to) {
      cold_[to] = cold_[from];
      ++moves_;
    });
    if (!room) ++refusals_;
    return room;
  }

  FingerprintBuckets table_;
  std::vector<std::uint32_t> cold_;
  std::unordered_map<std::uint32_t, std::uint32_t> model_;
  int moves_ = 0;
  int refusals_ = 0;
};

TEST_CASE("random changes give what a map gives", "[tables]") {
  const std::size_t capacity = GENERATE(1, 8, 64, 1024);
  CAPTURE(capacity);
  Pair pair(capacity);
  std::minstd_rand random(2026);
  // Half more keys than slots; twice as many puts as removals: nearly always full.
  const auto keys = static_cast<std::uint32_t>(pair.slot_count() * 3 / 2);
  for (int step = 0; step < 60'000; ++step) {
    const auto key = static_cast<std::uint32_t>(random() % keys);
    if (random() % 3 == 0) {
      pair.Remove(key);
    } else {
      pair.Put(key, static_cast<std::uint32_t>(random()));
    }
    if (!pair.Agree(key)) FAIL("step " << step << ": disagreement about key " << key);
    if (step % (keys * 8) != 0) continue;
    for (std::uint32_t each = 0; each < keys; ++each)
      if (!pair.Agree(each)) FAIL("step " << step << ": disagreement about key " << each);
    REQUIRE(pair.UsedSlots() == pair.size());
  }
  if (capacity >= 64) CHECK(pair.moves() > 100);
  CHECK(pair.refusals() > 0);
}

TEST_CASE("there is room for the capacity that was asked for", "[tables]") {
  const std::size_t capacity = GENERATE(1024, 4096, 65536);
  Pair pair(capacity);
  for (std::uint32_t key = 0; key < capacity; ++key) pair.Put(key, key);
  CHECK(pair.size() == capacity);
  CHECK(pair.refusals() == 0);
}

TEST_CASE("a hash has two different buckets, each the other's partner", "[tables]") {
  const auto table = FingerprintBuckets::Create({}, 64, MemoryKind::kNormal).value();
  for (std::uint32_t key = 0; key < 1000; ++key) {
    const BucketPair pair = table.PairOf(HashOf(key));
    CAPTURE(key, pair.home, pair.partner);
    REQUIRE(pair.home != pair.partner);
    REQUIRE(std::max(pair.home, pair.partner) < table.bucket_count());
  }
}

}  // namespace
}  // namespace holdfast
