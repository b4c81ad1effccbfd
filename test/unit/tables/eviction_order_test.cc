// EvictionOrder, with every instruction set, against its rule as a comparison of tuples.
#include "tables/eviction_order.h"

#include <catch2/catch.hpp>
#include <random>
#include <tuple>
#include <vector>

namespace holdfast {
namespace {

constexpr ConnectionTimeouts kTimeouts;
constexpr std::uint64_t kNow = 40'000;  // beyond the end of ticks: they have begun anew

std::vector<LeastCost> Implementations() {
  std::vector<LeastCost> all{&LeastCostPortable};
  if (__builtin_cpu_supports("avx2")) all.push_back(&LeastCostWithAvx2);
  return all;
}

struct Entry {
  ConnectionPhase phase{};
  std::uint64_t last_packet = 0;  // seconds
  bool away = false;
};
using Entries = std::array<Entry, Bucket::kSlots>;

// Few ages, so that many are equal; some that have idled out, some ahead of us.
Entry AnyEntry(std::minstd_rand& random) {
  constexpr std::uint64_t kIdle[] = {0, 1, 30, 31, 60, 61, 180, 181, 7800, 7801};
  const std::uint64_t idle = kIdle[random() % std::size(kIdle)];
  return {.phase = static_cast<ConnectionPhase>(random() % EvictionCosts::kPhases),
          .last_packet = random() % 16 == 0 ? kNow + 1 : kNow - idle,
          .away = random() % 4 == 0};
}

void Put(const Entries& entries, Bucket& bucket) {
  std::uint32_t notes = Bucket::kAllSlots << Bucket::kSlots;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    bucket.fingerprints[i] = ~std::uint64_t{0};
    bucket.values[i] = ConnectionValue(TargetHandle(4095, 3), entries[i].phase,
                                       CoarseTick::FromSeconds(entries[i].last_packet));
    notes |= entries[i].away ? 1U << i : 0;
  }
  bucket.notes = notes | 1023 * Bucket::kOneAway;
}

// Less goes first.
auto Rule(const Entry& entry, std::size_t position, std::size_t first) {
  const std::uint64_t idle = kNow > entry.last_packet ? kNow - entry.last_packet : 0;
  return std::tuple(idle <= kTimeouts.Of(entry.phase), RankOf(entry.phase), ~idle, entry.away,
                    (position + Bucket::kSlots - first) % Bucket::kSlots);
}

std::size_t FirstByRule(const Entries& entries, std::size_t first) {
  std::size_t least = 0;
  for (std::size_t i = 1; i < entries.size(); ++i)
    if (Rule(entries[i], i, first) < Rule(entries[least], least, first)) least = i;
  return least;
}

TEST_CASE("P8: what makes room is what the rule says, with every instruction set", "[tables]") {
  std::minstd_rand random(2026);
  Bucket bucket;
  for (int n = 0; n < 20'000; ++n) {
    Entries entries;
    for (Entry& entry : entries) entry = AnyEntry(random);
    Put(entries, bucket);
    const std::uint32_t turn = random() % Bucket::kSlots;
    // In the middle of those that give the slot `turn` the first turn.
    const auto any = static_cast<std::uint32_t>((2 * std::uint64_t{turn} + 1 << 32) / 10);
    const std::size_t expected = FirstByRule(entries, turn);
    for (const LeastCost least : Implementations()) {
      const auto victim =
          EvictionOrder(kTimeouts, CoarseTick::FromSeconds(kNow), least).Least(bucket, any);
      REQUIRE(victim.position == expected);
      REQUIRE(victim.expired() != std::get<0>(Rule(entries[expected], expected, turn)));
      REQUIRE(victim.rank() == RankOf(entries[expected].phase));
    }
  }
}

TEST_CASE("P8: a bucket has unfinished entries when one of them is", "[tables]") {
  for (std::uint32_t phase = 0; phase < EvictionCosts::kPhases; ++phase)
    for (std::size_t i = 0; i < Bucket::kSlots; ++i) {
      Entries entries;
      entries.fill({.phase = ConnectionPhase::kEstablished, .last_packet = kNow});
      entries[i].phase = static_cast<ConnectionPhase>(phase);
      Bucket bucket;
      Put(entries, bucket);
      CHECK(EvictionOrder::HasUnfinished(bucket) ==
            (RankOf(entries[i].phase) == EvictionRank::kUnfinished));
    }
}

}  // namespace
}  // namespace holdfast
