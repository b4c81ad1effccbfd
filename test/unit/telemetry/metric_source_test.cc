#include "telemetry/metric_source.h"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <set>
#include <string>
#include <thread>

#include "stats/find_sample.h"
#include "telemetry/running_balancer.h"

namespace holdfast {
namespace {

using testing::FamilyNamed;
using testing::RunningBalancer;
using testing::ValueOf;

bool Has(const std::vector<Family>& families, const std::string& name) {
  return std::any_of(families.begin(), families.end(),
                     [&](const Family& family) { return family.name == name; });
}

struct Fixture : RunningBalancer {
  MetricSource source{Sources()};
};

TEST_CASE_METHOD(Fixture, "affinities are counted for every service and each of its targets",
                 "[telemetry]") {
  StartAffinity();
  const auto families = source.GatherOnLoop();
  const auto count = [&](const char* service, const char* target) {
    return ValueOf(families, "holdfast_affinities", {{"service", service}, {"target", target}});
  };
  CHECK(count("web", "web-1") == 2);  // ports 80 and 443
  CHECK(count("web", "web-2") == 0);
  CHECK(count("dns", "web-1") == 0);
  CHECK(FamilyNamed(families, "holdfast_affinities").samples.size() == 5);
  CHECK(ValueOf(families, "holdfast_affinities_capacity", {}) == 1000);
  CHECK(ValueOf(families, "holdfast_affinity_requests_total", {{"outcome", "started"}}) == 1);
  CHECK(ValueOf(families, "holdfast_affinity_requests_total", {{"outcome", "table_full"}}) == 0);
}

TEST_CASE_METHOD(Fixture, "a target is in one state", "[telemetry]") {
  REQUIRE(directory.SetState("web-2", TargetState::kDraining).ok());
  const auto families = source.GatherOnLoop();
  const auto in = [&](const char* target, const char* state) {
    return ValueOf(families, "holdfast_target_state", {{"target", target}, {"state", state}});
  };
  CHECK((in("web-1", "up") == 1 && in("web-1", "draining") == 0));
  CHECK((in("web-2", "up") == 0 && in("web-2", "draining") == 1));
}

TEST_CASE_METHOD(Fixture, "tables, workers, the control core and the build are there",
                 "[telemetry]") {
  workers[1].rx_packets.Add(5);
  control_counters.snapshots_published.Add(3);
  control_counters.affinities_expired.Add(4);
  control_counters.affinities_orphaned[2].Add(6);
  control_counters.retired_pending.Set(2);
  FlowKey key{testing::Address("198.51.100.7"), testing::Address("192.0.2.1"), 40000, 80,
              Protocol::kTcp};
  tables[1].Insert(HashFlow(HashKey{}, key), {key, ServiceSlot{0}}, TargetHandle(0, 0),
                   ConnectionPhase::kOpening, CoarseTick());
  key.client_port = 40001;
  tables[1].Insert(HashFlow(HashKey{}, key), {key, ServiceSlot{0}, 0}, TargetHandle(0, 0),
                   ConnectionPhase::kOpening, CoarseTick());
  const auto families = source.GatherOnLoop();

  CHECK(ValueOf(families, "holdfast_worker_rx_packets_total", {{"worker", "1"}}) == 5);
  CHECK(ValueOf(families, "holdfast_connections", {{"worker", "1"}}) == 1);
  CHECK(ValueOf(families, "holdfast_connection_copies", {{"worker", "1"}}) == 1);
  CHECK(ValueOf(families, "holdfast_connections", {{"worker", "0"}}) == 0);
  CHECK(ValueOf(families, "holdfast_connections_capacity", {{"worker", "0"}}) >= 64);
  CHECK(ValueOf(families, "holdfast_connection_table_bytes", {{"worker", "0"}}) ==
        tables[0].memory_bytes());
  CHECK(ValueOf(families, "holdfast_snapshots_published_total", {}) == 3);
  CHECK(ValueOf(families, "holdfast_affinities_expired_total", {}) == 4);
  CHECK(ValueOf(families, "holdfast_affinities_orphaned_total", {{"reason", "target_removed"}}) ==
        6);
  CHECK(ValueOf(families, "holdfast_retired_pending", {}) == 2);
  CHECK(ValueOf(families, "holdfast_build_info", {{"version", "0.1.0"}, {"dpdk", "DPDK 22.11"}}) ==
        1);
}

TEST_CASE("what the ports count is gathered, too", "[telemetry]") {
  RunningBalancer balancer;
  auto sources = balancer.Sources();
  sources.extra = [] {
    return std::vector<Family>{
        {"holdfast_port_up", "1: up.", MetricKind::kGauge, {{{{"port", "wan"}}, 1}}}};
  };
  CHECK(ValueOf(MetricSource(sources).GatherOnLoop(), "holdfast_port_up", {{"port", "wan"}}) == 1);
}

TEST_CASE_METHOD(Fixture, "another thread gathers the same families as the loop", "[telemetry]") {
  std::set<std::string> on_loop;
  for (const Family& family : source.GatherOnLoop()) CHECK(on_loop.insert(family.name).second);
  RunLoop();
  std::set<std::string> elsewhere;
  for (const Family& family : source.Gather()) elsewhere.insert(family.name);
  CHECK(elsewhere == on_loop);
}

TEST_CASE_METHOD(Fixture, "a stopped loop leaves the rest, under the last known names",
                 "[telemetry]") {
  RunLoop();
  config::BalancerConfig config = testing::ThreeTargets();
  config.targets.push_back({"web-4", testing::Address("10.0.0.14"), {}, 0});
  absl::Status status;
  loop.Post([&] { status = directory.Apply(config); });
  const auto before = source.Gather();
  StopLoop();
  REQUIRE(status.ok());
  CHECK(Has(before, "holdfast_affinities"));
  workers[0].targets[3].packets.Add(8);

  const auto families = source.Gather();
  CHECK_FALSE(Has(families, "holdfast_affinities"));
  CHECK_FALSE(Has(families, "holdfast_target_state"));
  CHECK(ValueOf(families, "holdfast_target_packets_total",
                {{"worker", "0"}, {"target", "web-4"}}) == 8);
  CHECK(Has(families, "holdfast_build_info"));
}

TEST_CASE_METHOD(Fixture, "a loop that is too slow does not hold a scrape, and may answer later",
                 "[telemetry]") {
  std::promise<void> release;
  loop.Post([free = release.get_future().share()] { free.wait(); });
  RunLoop();
  {
    const MetricSource given_up = source;
    const auto families = given_up.Gather();
    CHECK_FALSE(Has(families, "holdfast_affinities"));
    CHECK(ValueOf(families, "holdfast_worker_rx_packets_total", {{"worker", "0"}}) == 0);
  }
  release.set_value();
  CHECK(Has(source.Gather(), "holdfast_affinities"));
}

TEST_CASE("work that runs after its source is gone does no harm", "[telemetry]") {
  RunningBalancer balancer;
  { CHECK_FALSE(Has(MetricSource(balancer.Sources()).Gather(), "holdfast_affinities")); }
  balancer.RunLoop();
  std::promise<void> ran;
  balancer.loop.Post([&] { ran.set_value(); });
  ran.get_future().wait();
}

// Catch2's macros are for one thread, so the scrapers judge for themselves.
double ConnectionPacketsIn(const std::vector<Family>& families) {
  for (const Family& family : families)
    for (const Sample& sample : family.samples)
      if (family.name == "holdfast_packets_total" && sample.labels.front().second == "0" &&
          sample.labels.back().second == "connection")
        return sample.value;
  return -1;
}

// Workers count and the loop changes states while two scrapes gather: what they
// see of a counter never goes back.
TEST_CASE_METHOD(Fixture, "gathering is safe beside everything that changes", "[telemetry][race]") {
  RunLoop();
  std::atomic<bool> stop{false};
  std::atomic<int> went_back{0};
  std::thread worker([&] {
    while (!stop) workers[0].services[0].packets[Step::kConnection].Add(1);
  });
  std::vector<std::thread> scrapers;
  for (int i = 0; i < 2; ++i)
    scrapers.emplace_back([&] {
      double last = 0;
      for (int n = 0; n < 50; ++n) {
        const double now = ConnectionPacketsIn(source.Gather());
        if (now < last) ++went_back;
        last = now;
      }
    });
  std::atomic<int> changed{0};
  for (int n = 0; n < 50; ++n)
    loop.Post([&, n] {
      const auto state = n % 2 == 0 ? TargetState::kDraining : TargetState::kUp;
      if (directory.SetState("web-1", state).ok()) ++changed;
    });
  for (std::thread& scraper : scrapers) scraper.join();
  stop = true;
  worker.join();
  StopLoop();
  CHECK(went_back == 0);
  CHECK(changed == 50);
}

}  // namespace
}  // namespace holdfast
