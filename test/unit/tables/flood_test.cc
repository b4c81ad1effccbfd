// Floods of chosen addresses: who does not know this process's key cannot fill
// buckets any better than chance.
#include <algorithm>
#include <catch2/catch.hpp>
#include <vector>

#include "tables/fingerprint_buckets.h"
#include "tables/flows.h"

namespace holdfast {
namespace {

using testing::Flow;

constexpr std::size_t kCapacity = 4096;
constexpr std::uint32_t kShare = 8;  // the flood aims at one of so many parts of the table
constexpr HashKey kKnown{{1, 2}};    // the attacker's guess, or another appliance's key
constexpr HashKey kSecret{{3, 4}};

FingerprintBuckets Table() {
  return FingerprintBuckets::Create({}, kCapacity, MemoryKind::kNormal).value();
}

// As many flows as the table is made for, both of whose buckets are, under a known
// key, in the first part of the table.
std::vector<FlowKey> ChosenFlows(const HashKey& known) {
  const auto table = Table();
  std::vector<FlowKey> flows;
  for (std::uint32_t n = 0; flows.size() < kCapacity; ++n) {
    const BucketPair pair = table.PairOf(HashFlow(known, Flow(n)));
    if (std::max(pair.home, pair.partner) < table.bucket_count() / kShare) flows.push_back(Flow(n));
  }
  return flows;
}

std::vector<FlowKey> AnyFlows() {
  std::vector<FlowKey> flows;
  for (std::uint32_t n = 0; n < kCapacity; ++n) flows.push_back(Flow(n));
  return flows;
}

struct Filled {
  std::size_t refused = 0;
  std::size_t away = 0;  // lie in the second of their buckets
};

Filled Fill(const std::vector<FlowKey>& flows, const HashKey& key) {
  auto table = Table();
  Filled filled;
  for (const FlowKey& flow : flows) {
    const FlowHash hash = HashFlow(key, flow);
    auto slot = table.EmptyCandidate(hash);
    if (!slot) slot = table.MakeRoom(hash, [](auto, auto) {});
    if (!slot) {
      ++filled.refused;
      continue;
    }
    table.Store(*slot, hash, 1);
    filled.away += *slot / FingerprintBuckets::kSlotsPerBucket != table.PairOf(hash).home ? 1 : 0;
  }
  return filled;
}

TEST_CASE("flows chosen with another key fill a table like any others", "[tables]") {
  const auto chosen = ChosenFlows(kKnown);
  // The choice is a good one: with that key most of them find no room.
  CHECK(Fill(chosen, kKnown).refused > kCapacity / 2);

  const Filled flood = Fill(chosen, kSecret);
  const Filled chance = Fill(AnyFlows(), kSecret);
  CHECK(flood.refused == 0);
  CHECK(chance.refused == 0);
  CHECK(static_cast<double>(flood.away) == Approx(chance.away).epsilon(0.15));
}

// A key that differs in one bit is as good a secret as any.
TEST_CASE("a key that is wrong by one bit helps no flood", "[tables]") {
  const auto chosen = ChosenFlows(kKnown);
  for (const int bit : {0, 63, 64, 127}) {
    CAPTURE(bit);
    HashKey nearly = kKnown;
    nearly.words[bit / 64] ^= std::uint64_t{1} << bit % 64;
    CHECK(Fill(chosen, nearly).refused == 0);
  }
}

}  // namespace
}  // namespace holdfast
