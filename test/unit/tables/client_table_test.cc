// Which targets the clients have connections to (rows T2, T3, T8, P3, P7, A10).
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <vector>

#include "tables/client_writer.h"

namespace holdfast {
namespace {

constexpr TargetHandle kBlue{1, 0};
constexpr TargetHandle kGreen{2, 0};
constexpr TargetHandle kRed{3, 0};
constexpr CoarseTick At(std::uint64_t seconds) { return CoarseTick::FromSeconds(seconds); }
bool Any(TargetHandle) { return true; }
bool NoneIsGone(TargetHandle) { return false; }

struct Fixture {
  explicit Fixture(std::size_t capacity = 1000)
      : table(ClientTable::Create(capacity, 2, HashKey{{1, 2}}, MemoryKind::kNormal).value()) {}

  [[nodiscard]] FlowHash Client(std::uint32_t number) const {
    return table.HashOf(ServiceSlot{7}, IpAddress::FromV4(0x0a000000 + number));
  }
  ClientWriter::Placement Balance(const FlowHash& client, TargetHandle target,
                                  std::uint32_t linger = 0) {
    return writer.Begin(client, {.target = target, .linger = linger}, Any);
  }
  // By an explicit affinity.
  ClientWriter::Placement Own(const FlowHash& client, TargetHandle target) {
    return writer.Begin(client, {.target = target, .follows = false}, Any);
  }
  // The newest first.
  [[nodiscard]] std::vector<TargetHandle> TargetsOf(const FlowHash& client,
                                                    CoarseTick now = At(100),
                                                    std::uint32_t linger = 0) const {
    std::vector<TargetHandle> targets;
    const auto pairs = table.Find(client, now, linger);
    for (const ClientPair& pair : pairs.all()) targets.push_back(pair.target);
    return targets;
  }
  void SweepAll(CoarseTick now, std::uint32_t longest, bool (*is_gone)(TargetHandle) = NoneIsGone) {
    for (ClientWriter* one : {&writer, &other}) {
      one->Follow(now, longest);
      while (!one->Sweep(7, is_gone)) {
      }
    }
  }

  ClientTable table;
  ClientWriter writer{table, WorkerId{0}};
  ClientWriter other{table, WorkerId{1}};
};
using Targets = std::vector<TargetHandle>;

TEST_CASE_METHOD(Fixture, "T2: while a client has a connection, its others follow it",
                 "[clients]") {
  const FlowHash client = Client(1);
  CHECK(TargetsOf(client).empty());
  const auto first = Balance(client, kBlue);
  CHECK(first.target == kBlue);
  CHECK(first.counted);
  CHECK(other.Begin(client, {.target = kGreen}, Any).target == kBlue);
  CHECK(TargetsOf(client) == Targets{kBlue});
  CHECK(table.ConnectionsTo(kBlue, client) == 2);
  CHECK(Balance(Client(2), kGreen).target == kGreen);
  CHECK(table.size() == 2);
  CHECK(table.active() == 2);
}

TEST_CASE_METHOD(Fixture, "T3: with its last connection a client's affinity ends", "[clients]") {
  const FlowHash client = Client(1);
  Balance(client, kBlue);
  Balance(client, kGreen);
  other.End(client, kBlue);
  CHECK(TargetsOf(client) == Targets{kBlue});
  writer.End(client, kBlue);
  CHECK(TargetsOf(client).empty());
  CHECK(table.size() == 0);
  CHECK(table.active() == 0);
  CHECK(Balance(client, kGreen).target == kGreen);
}

TEST_CASE_METHOD(Fixture, "T3: a pair lingers, and a new connection takes it up again",
                 "[clients]") {
  const FlowHash client = Client(1);
  writer.Follow(At(100), 30);
  other.Follow(At(110), 30);
  Balance(client, kBlue, 30);
  other.End(client, kBlue);
  CHECK(table.active() == 0);
  CHECK(TargetsOf(client, At(140), 30) == Targets{kBlue});
  CHECK(TargetsOf(client, At(141), 30).empty());
  SECTION("in time") {
    writer.Follow(At(140), 30);
    CHECK(Balance(client, kGreen, 30).target == kBlue);
    CHECK(table.active() == 1);
    CHECK(table.ConnectionsTo(kBlue, client) == 1);
  }
  SECTION("too late") {
    writer.Follow(At(141), 30);
    CHECK(Balance(client, kGreen, 30).target == kGreen);
    CHECK(table.size() == 1);
  }
  SECTION("swept") {
    SweepAll(At(140), 30);
    CHECK(table.size() == 1);
    SweepAll(At(141), 30);
    CHECK(table.size() == 0);
  }
}

TEST_CASE_METHOD(Fixture, "P3: of several targets the one that was placed last is followed",
                 "[clients]") {
  const FlowHash client = Client(1);
  Balance(client, kBlue);
  CHECK(Own(client, kGreen).target == kGreen);  // T5
  CHECK(TargetsOf(client) == Targets{kGreen, kBlue});
  CHECK(Balance(client, kRed).target == kGreen);
  CHECK(Own(client, kBlue).target == kBlue);
  CHECK(TargetsOf(client) == Targets{kBlue, kGreen});
  CHECK(Balance(client, kRed).target == kBlue);
  for (int ends = 0; ends < 3; ++ends) writer.End(client, kBlue);
  CHECK(TargetsOf(client) == Targets{kGreen});
  // However often they take turns.
  for (int turn = 0; turn < 3000; ++turn) {
    const TargetHandle next = turn % 2 == 0 ? kBlue : kGreen;
    Own(client, next);
    CHECK(TargetsOf(client).front() == next);
  }
}

TEST_CASE_METHOD(Fixture, "P3: one that may not take it is passed over", "[clients]") {
  const FlowHash client = Client(1);
  Balance(client, kBlue);
  const auto not_blue = [](TargetHandle target) { return target != kBlue; };
  CHECK(writer.Begin(client, {.target = kGreen}, not_blue).target == kGreen);
  CHECK(other.Begin(client, {.target = kRed}, not_blue).target == kGreen);
  CHECK(TargetsOf(client) == Targets{kGreen, kBlue});
}

TEST_CASE_METHOD(Fixture, "T3: one that is not remembered does not count", "[clients]") {
  const FlowHash client = Client(1);
  writer.Follow(At(100), 30);
  Balance(client, kBlue, 30);
  Balance(client, kBlue, 30);
  CHECK_FALSE(writer.Withdraw(client, kBlue));
  CHECK(table.ConnectionsTo(kBlue, client) == 1);
  CHECK(writer.Withdraw(client, kBlue));
  CHECK(TargetsOf(client, At(100), 30).empty());
  CHECK(table.size() == 0);
}

TEST_CASE_METHOD(Fixture, "P5: a pair is held while its connection goes over to another worker",
                 "[clients]") {
  const FlowHash client = Client(1);
  writer.Follow(At(100), 0);
  Balance(client, kBlue);
  writer.End(client, kBlue, true);
  CHECK(table.active() == 0);
  CHECK(TargetsOf(client, At(104)) == Targets{kBlue});
  other.Follow(At(104), 0);
  CHECK(other.Begin(client, {.target = kBlue, .follows = false}, Any).counted);
  CHECK(table.active() == 1);
  other.End(client, kBlue, true);
  SweepAll(At(105 + ClientPair::kHeldSeconds), 0);
  CHECK(table.size() == 0);
}

TEST_CASE_METHOD(Fixture, "P7: what lingers of a target that is gone is swept", "[clients]") {
  writer.Follow(At(100), 1000);
  for (std::uint32_t n = 0; n < 100; ++n) {
    Balance(Client(n), n % 2 == 0 ? kBlue : kGreen, 1000);
    if (n % 4 < 2) writer.End(Client(n), n % 2 == 0 ? kBlue : kGreen);
  }
  SweepAll(At(100), 1000, [](TargetHandle target) { return target == kBlue; });
  CHECK(table.size() == 75);  // those with a connection are swept with that
  CHECK(TargetsOf(Client(0), At(100), 1000).empty());
  CHECK(TargetsOf(Client(1), At(100), 1000) == Targets{kGreen});
}

TEST_CASE("T8: a client that finds no room is balanced and counted", "[clients]") {
  Fixture one(1);  // one bucket
  one.writer.Follow(At(100), 10);
  for (std::uint32_t n = 0; n < ClientTable::kSlots; ++n)
    CHECK(one.Balance(one.Client(n), kBlue, 10).counted);
  const auto placement = one.Balance(one.Client(99), kGreen, 10);
  CHECK(placement.target == kGreen);
  CHECK_FALSE(placement.counted);
  CHECK(placement.is_full);
  CHECK(one.Balance(one.Client(3), kGreen, 10).target == kBlue);
  // What lingers has its place; what lingers no more makes room.
  one.writer.End(one.Client(0), kBlue);
  CHECK(one.Balance(one.Client(99), kGreen, 10).is_full);
  one.writer.Follow(At(111), 10);
  CHECK(one.Balance(one.Client(99), kGreen, 10).counted);
  CHECK(one.table.size() == ClientTable::kSlots);
}

TEST_CASE("T8: a table has room for the clients that it is made for", "[clients]") {
  constexpr std::uint32_t kClients = 100'000;
  Fixture large(kClients);
  std::uint32_t full = 0;
  for (std::uint32_t n = 0; n < kClients; ++n)
    full += large.Balance(large.Client(n), kBlue).is_full ? 1 : 0;
  CHECK(full < kClients / 5000);
  CHECK(large.table.size() + full == kClients);
}

TEST_CASE_METHOD(Fixture, "clients of other services, and IPv6 ones, are others", "[clients]") {
  const auto v4 = IpAddress::FromV4(0x0a000001);
  const IpAddress v6 = IpAddress::Parse("2001:db8::a00:1").value();
  Balance(table.HashOf(ServiceSlot{1}, v4), kBlue);
  CHECK(TargetsOf(table.HashOf(ServiceSlot{2}, v4)).empty());
  CHECK(TargetsOf(table.HashOf(ServiceSlot{1}, v6)).empty());
  CHECK(TargetsOf(table.HashOf(ServiceSlot{1}, v4)) == Targets{kBlue});
}

// A plain list, scanned: the pairs of all clients, in the order of their placements.
struct Model {
  struct Pair {
    std::uint32_t client;
    TargetHandle target;
    std::uint32_t connections;
  };
  std::vector<Pair> pairs;  // the newest last

  Pair* Newest(std::uint32_t client) {
    for (std::size_t i = pairs.size(); i-- > 0;)
      if (pairs[i].client == client) return &pairs[i];
    return nullptr;
  }
  void Place(std::uint32_t client, TargetHandle target) {
    Pair placed{client, target, 0};
    std::erase_if(pairs, [&](const Pair& pair) {
      const bool same = pair.client == client && pair.target == target;
      if (same) placed = pair;
      return same;
    });
    ++placed.connections;
    pairs.push_back(placed);
  }
  void End(std::uint32_t client, TargetHandle target) {
    for (Pair& pair : pairs)
      if (pair.client == client && pair.target == target) --pair.connections;
    std::erase_if(pairs, [](const Pair& pair) { return pair.connections == 0; });
  }
};

TEST_CASE("T2, T3: a million random connections, as a plain list has them", "[clients]") {
  constexpr std::uint32_t kClients = 60;
  Fixture small(400);
  Model model;
  std::mt19937 random(2026);
  std::vector<std::pair<std::uint32_t, TargetHandle>> open;
  for (int step = 0; step < 1'000'000; ++step) {
    ClientWriter& writer = random() % 2 == 0 ? small.writer : small.other;
    if (open.empty() || (open.size() < 300 && random() % 2 == 0)) {
      const std::uint32_t client = random() % kClients;
      const TargetHandle wanted(random() % 4, 0);
      const bool follows = random() % 4 != 0;
      const Model::Pair* const newest = model.Newest(client);
      const TargetHandle expected = follows && newest != nullptr ? newest->target : wanted;
      const auto placement =
          writer.Begin(small.Client(client), {.target = wanted, .follows = follows}, Any);
      if (placement.target != expected || !placement.counted) FAIL("step " << step);
      model.Place(client, expected);
      open.emplace_back(client, expected);
    } else {
      std::swap(open[random() % open.size()], open.back());
      const auto [client, target] = open.back();
      open.pop_back();
      model.End(client, target);
      writer.End(small.Client(client), target);
    }
    if (small.table.size() != model.pairs.size()) FAIL("step " << step);
  }
  for (const auto& [client, target] : open) small.writer.End(small.Client(client), target);
  CHECK(small.table.size() == 0);
  CHECK(small.table.active() == 0);
}

}  // namespace
}  // namespace holdfast
