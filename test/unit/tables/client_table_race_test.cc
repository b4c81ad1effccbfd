// Two workers and the connections of the same clients, in the same microsecond (row T2).
#include <atomic>
#include <catch2/catch.hpp>
#include <random>
#include <thread>
#include <vector>

#include "support/in_step.h"
#include "tables/client_writer.h"

namespace holdfast {
namespace {

#if defined(__SANITIZE_THREAD__)
constexpr std::uint32_t kRounds = 20'000;
#else
constexpr std::uint32_t kRounds = 1'000'000;
#endif

bool Any(TargetHandle) { return true; }

// The property: whoever begins connections of one client at once, all go to one target, of which
// the table knows each; and it is empty once they have ended. The table is small, so that slots
// come free and are taken all the time, of other clients in the same bucket, too.
TEST_CASE("T2: connections that begin at once on several workers go to one target",
          "[clients][race]") {
  constexpr std::uint32_t kWorkers = 2;
  auto table = ClientTable::Create(10, kWorkers, HashKey{{1, 2}}, MemoryKind::kNormal).value();
  InStep in_step(kWorkers);
  std::vector<std::atomic<std::uint32_t>> targets(kWorkers);
  std::atomic<std::uint32_t> split{0};
  std::atomic<std::uint32_t> not_counted{0};
  std::vector<std::thread> workers;
  for (std::uint32_t self = 0; self < kWorkers; ++self)
    workers.emplace_back([&, self] {
      ClientWriter writer(table, WorkerId(self));
      std::minstd_rand random(2026 + self);
      const auto busy_with = [&](std::uint32_t number) {
        return table.HashOf(ServiceSlot(self + 2), IpAddress::FromV4(number % 3));
      };
      for (std::uint32_t round = 0; round < kRounds; ++round) {
        // One of its own clients, that the other one knows nothing of, is always there.
        const auto own = writer.Begin(busy_with(round), {.target = TargetHandle(7, 0)}, Any);
        const FlowHash client = table.HashOf(ServiceSlot{0}, IpAddress::FromV4(round % 4));
        const TargetHandle wanted(random() % 64, 0);
        in_step.Arrive(3 * round);
        if (round % 3 == self) writer.End(busy_with(round), own.target);
        const auto placement = writer.Begin(client, {.target = wanted}, Any);
        if (round % 3 != self) writer.End(busy_with(round), own.target);
        targets[self] = placement.target.raw();
        not_counted += placement.counted ? 0 : 1;
        in_step.Arrive(3 * round + 1);
        if (targets[0] != targets[1] || table.ConnectionsTo(placement.target, client) != kWorkers)
          ++split;
        in_step.Arrive(3 * round + 2);
        writer.End(client, placement.target);
      }
    });
  for (std::thread& worker : workers) worker.join();
  CHECK(split == 0);
  CHECK(not_counted == 0);
  CHECK(table.size() == 0);
  CHECK(table.active() == 0);
}

// Without steps: each takes and gives back at its own pace, with affinities among them and
// pairs that linger, and at the end nothing is left.
TEST_CASE("T3: what begins and ends on several workers leaves nothing", "[clients][race]") {
  constexpr std::uint32_t kWorkers = 3;
  auto table = ClientTable::Create(5, kWorkers, HashKey{{1, 2}}, MemoryKind::kNormal).value();
  std::atomic<std::uint32_t> torn{0};
  std::atomic<bool> stop{false};
  std::vector<std::thread> workers;
  for (std::uint32_t self = 0; self < kWorkers; ++self)
    workers.emplace_back([&, self] {
      ClientWriter writer(table, WorkerId(self));
      std::minstd_rand random(2026 + self);
      struct Open {
        FlowHash client;
        TargetHandle target;
      };
      std::vector<Open> open;
      for (std::uint32_t step = 0; step < kRounds / 2; ++step) {
        writer.Follow(CoarseTick::FromSeconds(step / 100), random() % 8 == 0 ? 1 : 0);
        if (open.size() < 20 && random() % 2 == 0) {
          const std::uint32_t number = random() % 6;
          const FlowHash client = table.HashOf(ServiceSlot{0}, IpAddress::FromV4(number));
          const auto placement = writer.Begin(client,
                                              {.target = TargetHandle(number * 8 + random() % 4, 0),
                                               .follows = random() % 4 != 0,
                                               .linger = random() % 8 == 0 ? 1U : 0U},
                                              Any);
          // Targets are of one client each.
          if (placement.target.slot() / 8 != number) ++torn;
          if (placement.counted) open.push_back({client, placement.target});
        } else if (!open.empty()) {
          std::swap(open[random() % open.size()], open.back());
          random() % 8 == 0
              ? static_cast<void>(writer.Withdraw(open.back().client, open.back().target))
              : writer.End(open.back().client, open.back().target);
          open.pop_back();
        }
        if (random() % 16 == 0) writer.Sweep(1, [](TargetHandle) { return false; });
      }
      for (const Open& one : open) writer.End(one.client, one.target);
    });
  std::thread reader([&] {
    while (!stop.load(std::memory_order_relaxed))
      table.ForEach([&](std::size_t, std::uint64_t, const ClientPair& pair) {
        if (pair.target.slot() >= 64) ++torn;
      });
  });
  for (std::thread& worker : workers) worker.join();
  stop = true;
  reader.join();
  CHECK(torn == 0);
  CHECK(table.active() == 0);
  for (std::uint32_t self = 0; self < kWorkers; ++self) {
    ClientWriter writer(table, WorkerId(self));
    writer.Follow(CoarseTick::FromSeconds(kRounds), 0);
    writer.Sweep(100, [](TargetHandle) { return false; });
  }
  CHECK(table.size() == 0);
}

}  // namespace
}  // namespace holdfast
