#include "stats/worker_families.h"

#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <set>

#include "stats/find_sample.h"

namespace holdfast {
namespace {

using testing::FamilyNamed;
using testing::ValueOf;

// Two workers; services "web" and "dns" around an empty slot, one target.
struct Fixture {
  std::vector<Family> Families() const {
    const WorkerCounters* const both[] = {workers[0].get(), workers[1].get()};
    return WorkerFamilies(both, names);
  }
  std::vector<std::unique_ptr<WorkerCounters>> workers = [] {
    std::vector<std::unique_ptr<WorkerCounters>> made;
    for (int i = 0; i < 2; ++i) made.push_back(std::make_unique<WorkerCounters>());
    return made;
  }();
  SlotNames names{{"web", "", "dns"}, {"", "web-1"}};
};

TEST_CASE_METHOD(Fixture, "what a worker counts is seen under its name", "[stats]") {
  workers[1]->rx_packets.Add(7);
  workers[1]->drops[DropReason::kTxFull].Add(3);
  workers[1]->local[LocalPacket::kEchoRequest].Add(4);
  workers[1]->replies[Reply::kRateLimited].Add(5);
  workers[1]->connections_evicted_closing.Add(6);
  const auto families = Families();

  CHECK(ValueOf(families, "holdfast_worker_rx_packets_total", {{"worker", "1"}}) == 7);
  CHECK(ValueOf(families, "holdfast_worker_rx_packets_total", {{"worker", "0"}}) == 0);
  CHECK(ValueOf(families, "holdfast_drops_total", {{"worker", "1"}, {"reason", "tx_full"}}) == 3);
  CHECK(ValueOf(families, "holdfast_local_packets_total",
                {{"worker", "1"}, {"kind", "echo_request"}}) == 4);
  CHECK(ValueOf(families, "holdfast_replies_total", {{"worker", "1"}, {"kind", "rate_limited"}}) ==
        5);
  CHECK(ValueOf(families, "holdfast_connection_table_events_total",
                {{"worker", "1"}, {"event", "evicted_closing"}}) == 6);
}

TEST_CASE_METHOD(Fixture, "services and targets are seen by name, under each worker", "[stats]") {
  workers[0]->services[2].requests[Decision::kAffinity].Add(1);
  workers[0]->services[2].packets[Step::kRing].Add(2);
  workers[1]->services[2].bytes.Add(300);
  workers[1]->target_requests[1].requests[Decision::kBalanced].Add(4);
  const auto families = Families();

  CHECK(ValueOf(families, "holdfast_connection_requests_total",
                {{"worker", "0"}, {"service", "dns"}, {"decision", "affinity"}}) == 1);
  CHECK(ValueOf(families, "holdfast_packets_total",
                {{"worker", "0"}, {"service", "dns"}, {"step", "ring"}}) == 2);
  CHECK(ValueOf(families, "holdfast_bytes_total", {{"worker", "1"}, {"service", "dns"}}) == 300);
  CHECK(ValueOf(families, "holdfast_target_connection_requests_total",
                {{"worker", "1"}, {"target", "web-1"}, {"decision", "balanced"}}) == 4);
}

TEST_CASE_METHOD(Fixture, "what was never counted is exported as zero", "[stats]") {
  const auto families = Families();
  CHECK(FamilyNamed(families, "holdfast_drops_total").samples.size() == 2 * kDropReasons.size());
  CHECK(FamilyNamed(families, "holdfast_packets_total").samples.size() ==
        2 * 2 * kStepNames.size());
  CHECK(FamilyNamed(families, "holdfast_connection_requests_total").samples.size() ==
        2 * 2 * kDecisionNames.size());
  CHECK(FamilyNamed(families, "holdfast_connection_table_events_total").samples.size() == 2 * 7);
}

TEST_CASE_METHOD(Fixture, "a slot without a name is not exported", "[stats]") {
  names = {{"", ""}, {}};
  workers[0]->services[1].bytes.Add(9);
  CHECK(FamilyNamed(Families(), "holdfast_bytes_total").samples.empty());
  CHECK(FamilyNamed(Families(), "holdfast_target_bytes_total").samples.empty());
}

TEST_CASE_METHOD(Fixture, "the busy ratio is a gauge from 0 to 1", "[stats]") {
  workers[0]->busy_permille.Set(250);
  const auto families = Families();
  CHECK(FamilyNamed(families, "holdfast_worker_busy_ratio").kind == MetricKind::kGauge);
  CHECK(ValueOf(families, "holdfast_worker_busy_ratio", {{"worker", "0"}}) == 0.25);
}

TEST_CASE_METHOD(Fixture, "turn times are a histogram: how many were at most so long", "[stats]") {
  for (const std::uint64_t nanoseconds : {400, 900, 900, 20'000, 20'001, 60'000'000})
    workers[1]->turn_times.Add(nanoseconds);
  const Family family = FamilyNamed(Families(), "holdfast_worker_turn_seconds");
  CHECK(family.kind == MetricKind::kHistogram);
  std::map<std::string, double> values;
  for (const NamedValue& value : ValuesOf(family))
    if (value.labels.front().second == "1")
      values[value.name + (value.labels.size() > 1 ? value.labels.back().second : "")] =
          value.value;

  CHECK(values.at("holdfast_worker_turn_seconds_bucket5e-07") == 1);
  CHECK(values.at("holdfast_worker_turn_seconds_bucket1e-06") == 3);
  CHECK(values.at("holdfast_worker_turn_seconds_bucket2e-05") == 4);
  CHECK(values.at("holdfast_worker_turn_seconds_bucket3e-05") == 5);
  CHECK(values.at("holdfast_worker_turn_seconds_bucket0.01") == 5);
  CHECK(values.at("holdfast_worker_turn_seconds_bucket+Inf") == 6);
  CHECK(values.at("holdfast_worker_turn_seconds_count") == 6);
  CHECK(values.at("holdfast_worker_turn_seconds_sum") == Approx(0.060042201));
}

// What Prometheus demands, and what the O rows say of every name.
TEST_CASE_METHOD(Fixture, "every family is well formed", "[stats]") {
  std::set<std::string> seen;
  for (const Family& family : Families()) {
    CAPTURE(family.name);
    CHECK(seen.insert(family.name).second);
    CHECK(family.name.rfind("holdfast_", 0) == 0);
    CHECK(family.name.ends_with("_total") == (family.kind == MetricKind::kCounter));
    CHECK(family.help.find('\n') == std::string::npos);
    CHECK(family.help.ends_with("."));
    REQUIRE_FALSE(family.samples.empty());
    std::set<Labels> distinct;
    for (const Sample& sample : family.samples) {
      CHECK(sample.labels.front().first == "worker");
      CHECK(distinct.insert(sample.labels).second);
    }
  }
}

}  // namespace
}  // namespace holdfast
