// Two real workers and two SYNs of one client, in the same microsecond (row T2).
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <thread>
#include <vector>

#include "datapath/flows.h"
#include "support/client_audit.h"
#include "support/in_step.h"

namespace holdfast {
namespace {

#if defined(__SANITIZE_THREAD__)
constexpr std::uint32_t kBursts = 5'000;
#else
constexpr std::uint32_t kBursts = 1'000'000;
#endif
constexpr std::uint32_t kWorkers = 2;

// By least_connections, whose choice no hash of the client foretells, while weights change. The
// tables are small: connections are evicted all the time, and clients end with them.
TEST_CASE("T2: two SYNs of a client on two workers at once go to one target", "[automatic][race]") {
  TestAppliance appliance({.workers = kWorkers, .connections = 1024});
  ServiceView& web = appliance.parts.services[Index(kWeb)];
  web.balancing.method = BalancingMethod::kLeastConnections;
  web.automatic.on = true;
  appliance.Publish();
  InStep in_step(kWorkers);
  std::vector<std::atomic<std::uint64_t>> places(kWorkers);
  std::atomic<std::uint32_t> split{0};
  std::atomic<bool> done{false};
  std::vector<std::thread> workers;
  for (std::uint32_t self = 0; self < kWorkers; ++self)
    workers.emplace_back([&, self] {
      for (std::uint32_t burst = 0; burst < kBursts; ++burst) {
        const std::string client = IpAddress::FromV4(0x64400000 + (burst & 0xfffff)).ToString();
        const Frame syn = TcpPacket()
                              .From(client, static_cast<std::uint16_t>(40000 + self))
                              .To("192.0.2.1", 80)
                              .Syn()
                              .Build();
        in_step.Arrive(2 * burst);
        const auto sent = appliance.Turn({syn}, self);
        places[self] =
            sent.size() == 1 ? Load<EthernetHeader>(sent.front().data()).destination.bytes[5] : 99;
        in_step.Arrive(2 * burst + 1);
        if (places[0] != places[1] || places[0] > 2) ++split;
      }
      done = true;
    });
  for (std::uint32_t change = 0; !done; ++change) {
    appliance.weights = {100 + change % 7 * 50, 100 + change % 5 * 50, 100 + change % 3 * 50};
    appliance.Publish();
    appliance.rcu.Reclaim();
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  for (std::thread& worker : workers) worker.join();
  CHECK(split == 0);
  CHECK(DifferencesOf(appliance.clients, appliance.all_connections()).empty());
  const auto requests = [&](Decision decision) {
    return appliance.counters(0).services[Index(kWeb)].requests[decision].Read() +
           appliance.counters(1).services[Index(kWeb)].requests[decision].Read();
  };
  CHECK(requests(Decision::kBalanced) + requests(Decision::kAutomatic) == 2 * kBursts);
  CHECK(requests(Decision::kAutomatic) >= kBursts / 2);
  CHECK(appliance.clients.active() <= 2 * 1500);
}

}  // namespace
}  // namespace holdfast
