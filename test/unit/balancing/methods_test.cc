// S: the pure halves of the balancing methods that are no Maglev ring of the five-tuple.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <numeric>

#include "balancing/capacity_weights.h"
#include "balancing/least_connections.h"
#include "balancing/maglev_ring.h"
#include "balancing/ring_hash.h"
#include "balancing/standby_rank.h"
#include "balancing/turn_schedule.h"
#include "base/ip_address.h"

namespace holdfast {
namespace {

using Choice = MaglevRing::Choice;
using Weights = std::vector<std::uint32_t>;

constexpr std::uint64_t kSeed = 2026;
constexpr int kConnections = 10'000;

// "target-1" and on, with the values 1 and on.
std::vector<Choice> Targets(const Weights& weights) {
  std::vector<Choice> targets;
  for (const std::uint32_t weight : weights) {
    const auto value = static_cast<std::uint16_t>(targets.size() + 1);
    targets.push_back({"target-" + std::to_string(value), weight, value});
  }
  return targets;
}

using Counts = std::map<std::uint16_t, int>;

// Each has its share of kConnections, to 3 % of all.
void CheckShares(const Counts& counts, const Weights& weights) {
  const double all = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const auto found = counts.find(static_cast<std::uint16_t>(i + 1));
    const int count = found == counts.end() ? 0 : found->second;
    CAPTURE(i, count, weights[i]);
    CHECK(count / double{kConnections} == Approx(weights[i] / all).margin(0.03));
    CHECK((weights[i] != 0 || count == 0));
  }
}

IpAddress Client(std::uint32_t number) { return IpAddress::FromV4(0xc6330000 + number); }

// ---- round_robin

// From a place in the middle, over several rounds.
Counts TakeTurns(const TurnSchedule& turns) {
  Counts counts;
  for (std::uint32_t n = 0; n < kConnections; ++n) ++counts[turns[(n + 7) % turns.size()]];
  return counts;
}

TEST_CASE("S: turns come by weight", "[balancing]") {
  const Weights weights =
      GENERATE(Weights{100, 100, 100}, Weights{100, 200, 100}, Weights{5, 1, 1}, Weights{1, 0, 2},
               Weights{100}, Weights{9999, 1, 5000}, Weights{7, 11, 13, 17, 19, 23});
  CheckShares(TakeTurns(TurnSchedule(Targets(weights))), weights);
}

TEST_CASE("S: a round is as short as the weights allow", "[balancing]") {
  CHECK(TurnSchedule(Targets({100, 200, 100})).size() == 4);
  CHECK(TurnSchedule(Targets({10000, 10000})).size() == 2);
  CHECK(TurnSchedule(Targets({0, 0})).empty());
  CHECK(TurnSchedule().empty());
}

TEST_CASE("S: nobody is ahead of its share, or behind, by a whole turn", "[balancing]") {
  const Weights weights =
      GENERATE(Weights{100, 200, 100}, Weights{5, 1, 1}, Weights{100, 1}, Weights{7, 11, 13, 17});
  const TurnSchedule turns(Targets(weights));
  const double all = std::accumulate(weights.begin(), weights.end(), 0.0);
  Weights taken(weights.size());
  for (std::uint32_t turn = 0; turn < turns.size(); ++turn) {
    ++taken[turns[turn] - 1U];
    for (std::size_t i = 0; i < weights.size(); ++i)
      CHECK(std::abs(taken[i] - (turn + 1) * weights[i] / all) < 1);
  }
}

TEST_CASE("S: many targets with odd weights have a round of bounded length", "[balancing]") {
  Weights weights;
  for (std::uint32_t n = 0; n < 4096; ++n) weights.push_back(n % 17 == 0 ? 1 : 1 + n * 7919 % 9999);
  const TurnSchedule turns(Targets(weights));
  CHECK(turns.size() < TurnSchedule::kMostTurns + 4096);
  Counts counts;
  for (std::uint32_t turn = 0; turn < turns.size(); ++turn) ++counts[turns[turn]];
  CHECK(counts.size() == 4096);  // nobody is left out
  const double all = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (std::size_t i = 0; i < weights.size(); ++i)
    CHECK(std::abs(counts[static_cast<std::uint16_t>(i + 1)] - weights[i] / all * turns.size()) <
          1.1);
}

TEST_CASE("S: the order of targets in the configuration says nothing", "[balancing]") {
  auto targets = Targets({100, 200, 300});
  const TurnSchedule turns(targets);
  std::reverse(targets.begin(), targets.end());
  const TurnSchedule again(targets);
  REQUIRE(turns.size() == again.size());
  for (std::uint32_t turn = 0; turn < turns.size(); ++turn) CHECK(turns[turn] == again[turn]);
}

// ---- least_connections

struct Servers {
  explicit Servers(const Weights& weights) : least(Targets(weights)) {}
  std::uint16_t Connect() {
    const std::uint32_t found = least.Least(
        begin, [this](std::uint16_t value) { return static_cast<std::uint32_t>(open[value]); });
    begin = (found + 1) % least.size();
    ++open[least[found]];
    return least[found];
  }
  LeastConnections least;
  Counts open;
  std::uint32_t begin = 0;
};

TEST_CASE("S: open connections stand as the weights", "[balancing]") {
  const Weights weights = GENERATE(Weights{100, 100, 100}, Weights{100, 200, 100}, Weights{1, 0, 2},
                                   Weights{9999, 1, 5000}, Weights{100});
  Servers servers(weights);
  for (int n = 0; n < kConnections; ++n) servers.Connect();
  CheckShares(servers.open, weights);
}

TEST_CASE("S: who has lost its connections gets the next ones", "[balancing]") {
  Servers servers({100, 100, 100});
  for (int n = 0; n < 300; ++n) servers.Connect();
  servers.open[2] = 90;
  for (int n = 0; n < 10; ++n) CHECK(servers.Connect() == 2);
  const auto all = servers.least.AllLeast(
      [&](std::uint16_t value) { return static_cast<std::uint32_t>(servers.open[value]); });
  CHECK(all == std::vector<std::uint16_t>{1, 2, 3});
}

TEST_CASE("S: equal ones take turns, from wherever the search begins", "[balancing]") {
  const LeastConnections least(Targets({100, 100, 100}));
  const auto none = [](std::uint16_t) { return 0U; };
  for (std::uint32_t begin = 0; begin < 3; ++begin) CHECK(least.Least(begin, none) == begin);
  CHECK(LeastConnections(Targets({0})).empty());
}

// ---- source_hash, and what a change moves

TEST_CASE("S: a change of one of N targets moves about 1/N of the clients", "[balancing]") {
  constexpr std::uint32_t kClients = 20'000;
  const auto before = Targets(Weights(10, 100));
  auto after = before;
  SECTION("one goes") { after.erase(after.begin() + 3); }
  SECTION("one comes") { after.push_back({"target-11", 100, 11}); }
  const MaglevRing old_ring(before, kSeed);
  const MaglevRing new_ring(after, kSeed);
  const auto moved = [&](auto hash_of) {
    int count = 0;
    for (std::uint32_t n = 0; n < kClients; ++n)
      count += old_ring.Pick(hash_of(n)) != new_ring.Pick(hash_of(n)) ? 1 : 0;
    return count / double{kClients};
  };
  // Maglev disturbs some places more than it must (its paper, 5.3).
  CHECK(moved([](std::uint32_t n) { return SourceHash(Client(n), kSeed); }) < 0.13);
  CHECK(moved([](std::uint32_t n) {
          return RingHash({Client(n), Client(1), 40000, 80, Protocol::kTcp}, kSeed);
        }) < 0.13);
}

TEST_CASE("S: source_hash gives shares by weight, and another order with another seed",
          "[balancing]") {
  const Weights weights{100, 200, 100, 0};
  const MaglevRing ring(Targets(weights), kSeed);
  Counts counts;
  int equal = 0;
  for (std::uint32_t n = 0; n < kConnections; ++n) {
    ++counts[ring.Pick(SourceHash(Client(n), kSeed))];
    equal += SourceHash(Client(n), kSeed) == SourceHash(Client(n), kSeed + 1) ? 1 : 0;
  }
  CheckShares(counts, weights);
  CHECK(equal == 0);
}

// ---- reported_capacity

Weights Weigh(std::vector<ReportedShare> shares) { return CapacityWeights(shares); }

TEST_CASE("S: capacity is the part of its weight that a target reports", "[balancing]") {
  CHECK(Weigh({{100, kWholeCapacity}, {100, kWholeCapacity / 2}}) == Weights{1'000'000, 500'000});
  CHECK(Weigh({{100, 0}, {100, kWholeCapacity}, {0, kWholeCapacity}}) == Weights{0, 1'000'000, 0});
  CHECK(Weigh({{200, 500'000}, {100, 1'000'000}}) == Weights{1'000'000, 1'000'000});
  CHECK(Weigh({{10'000, 1'000'000}, {1, 1}}) == Weights{1'000'000, 1});  // not nothing
  CHECK(Weigh({{100, 0}}) == Weights{0});
  CHECK(Weigh({}).empty());
}

TEST_CASE("S: a ring follows reports", "[balancing]") {
  const auto weights = Weigh({{100, 250'000}, {100, 750'000}, {200, 500'000}});
  const MaglevRing ring(Targets(weights), kSeed);
  Counts counts;
  for (std::uint32_t n = 0; n < kConnections; ++n)
    ++counts[ring.Pick(RingHash({Client(n), Client(1), 40000, 80, Protocol::kTcp}, kSeed))];
  CheckShares(counts, {25, 75, 100});
}

// ---- hot_standby

TEST_CASE("S: the lowest rank is at work", "[balancing]") {
  const std::vector<StandbyCandidate> candidates = {{2, false}, {1, false}, {3, false}};
  CHECK(ActiveRank(candidates, true) == 1);
  CHECK(ActiveRank(candidates, false) == 1);
  CHECK(ActiveRank({}, true) == std::nullopt);
}

TEST_CASE("S: without switch-back who is at work stays so while it can", "[balancing]") {
  const std::vector<StandbyCandidate> candidates = {{1, false}, {2, true}, {3, false}};
  CHECK(ActiveRank(candidates, true) == 1);
  CHECK(ActiveRank(candidates, false) == 2);
}

}  // namespace
}  // namespace holdfast
