// States of targets and methods of services, as the directory makes them: health by service,
// panic_threshold, hot_standby, reported_capacity, on_drain, on_down, drain_deadline.
#include <catch2/catch.hpp>

#include "control/affinity_manager.h"
#include "control/balancer_config.h"
#include "control/drain_watch.h"
#include "control/load_reports.h"
#include "support/fake_clock.h"

namespace holdfast {
namespace {

using testing::Address;
using testing::ThreeTargets;
using Names = std::vector<std::string>;
using Infos = std::vector<TargetDirectory::ServiceTargetInfo>;

constexpr ServiceSlot kWeb{0};

struct Fixture {
  explicit Fixture(const config::BalancerConfig& configured = ThreeTargets())
      : config(configured), directory(configured) {}

  template <typename Change>
  void Apply(Change change) {
    change(config.services[0]);
    REQUIRE(directory.Apply(config).ok());
  }
  bool Find(const std::string& target, Health health, HealthSource source = HealthSource::kChecks) {
    return directory.SetHealth("web", target, health, source).value();
  }
  void Drain(const std::string& target) {
    REQUIRE(directory.SetState(target, TargetState::kDraining).ok());
  }
  TargetDirectory::ServiceInfo Web() const {
    for (auto& service : directory.Services())
      if (service.name == "web") return service;
    return {};
  }
  Names Taking() const {
    Names names;
    for (const auto& target : Web().targets)
      if (target.ring_share > 0) names.push_back(target.name);
    return names;
  }
  double ShareOf(std::size_t target) const { return Web().targets[target].ring_share; }
  AffinityOutcome Start(const std::string& target, const char* client = "198.51.100.7") {
    return affinities
        .Start({Address("192.0.2.1"), Protocol::kTcp, {80}, Address(client), {}}, target,
               absl::Hours(1))
        .outcome;
  }
  std::uint64_t Orphans(OrphanReason reason) const {
    return counters.affinities_orphaned[static_cast<std::size_t>(reason)].Read();
  }

  config::BalancerConfig config;
  FakeClock clock;
  ControlCounters counters;
  TargetDirectory directory;
  AffinityTable table = AffinityTable::Create(64, HashKey{{1, 2}}, MemoryKind::kNormal).value();
  AffinityManager affinities{{}, clock, directory, {&table}, counters};
  DrainWatch drains{clock, directory};
  LoadReports reports{clock, directory};
};

// ---- down

TEST_CASE_METHOD(Fixture, "balancing passes over a target that is down, in that service only",
                 "[control]") {
  CHECK(Find("web-1", Health::kDown));
  CHECK(Taking() == Names{"web-2", "web-3"});
  CHECK(Web().targets[0].down);
  const auto snapshot = directory.BuildSnapshot();
  CHECK(snapshot->service(kWeb).balancing.IsDown(*directory.FindTarget("web-1")));
  CHECK(snapshot->targets()[0].down_somewhere);
  CHECK_FALSE(snapshot->targets()[1].down_somewhere);
  CHECK_FALSE(snapshot->service(ServiceSlot{1}).ring.empty());  // dns has web-1 alone
  CHECK(Find("web-1", Health::kUp));
  CHECK(Taking() == Names{"web-1", "web-2", "web-3"});
  CHECK_FALSE(Find("web-1", Health::kUp));  // nothing new
}

TEST_CASE_METHOD(Fixture, "a target is up when neither checks nor an operator have it down",
                 "[control]") {
  Find("web-1", Health::kDown, HealthSource::kChecks);
  Find("web-1", Health::kDown, HealthSource::kOperator);
  Find("web-1", Health::kUp, HealthSource::kChecks);
  CHECK(Taking() == Names{"web-2", "web-3"});
  Find("web-1", Health::kUp, HealthSource::kOperator);
  CHECK(Taking().size() == 3);
}

TEST_CASE_METHOD(Fixture, "what health names must be there", "[control]") {
  CHECK(directory.SetHealth("mail", "web-1", Health::kDown).status().code() ==
        absl::StatusCode::kNotFound);
  CHECK(directory.SetHealth("web", "web-9", Health::kDown).status().code() ==
        absl::StatusCode::kNotFound);
  CHECK(directory.SetHealth("dns", "web-3", Health::kDown).status() ==
        absl::InvalidArgumentError("target 'web-3' is not in the set of service 'dns'"));
}

TEST_CASE_METHOD(Fixture, "health stays what it was when the configuration changes", "[control]") {
  Find("web-1", Health::kDown);
  Apply([](config::Service& web) { web.targets[2].weight = 100; });
  CHECK(Taking() == Names{"web-2", "web-3"});
}

// ---- panic_threshold

TEST_CASE_METHOD(Fixture, "the last usable target is kept, and an alarm raised", "[control]") {
  Find("web-1", Health::kDown);
  Find("web-2", Health::kDown);
  CHECK_FALSE(Web().in_panic);
  Find("web-3", Health::kDown);
  CHECK(Taking() == Names{"web-3"});
  CHECK(Web().in_panic);
  CHECK(Web().panics == 1);
  CHECK_FALSE(Web().targets[2].down);
  CHECK(Web().targets[2].found_down);
  Find("web-2", Health::kUp);
  CHECK(Taking() == Names{"web-2"});
  CHECK_FALSE(Web().in_panic);
  Find("web-2", Health::kDown);
  CHECK(Taking() == Names{"web-2"});
  CHECK(Web().panics == 2);
}

TEST_CASE_METHOD(Fixture, "a threshold of two keeps two; of none, none", "[control]") {
  Apply([](config::Service& web) { web.panic_threshold = 2; });
  Find("web-1", Health::kDown);
  Find("web-2", Health::kDown);
  CHECK(Taking() == Names{"web-2", "web-3"});
  CHECK(Web().in_panic);
  Apply([](config::Service& web) { web.panic_threshold = 0; });
  CHECK(Taking() == Names{"web-3"});
  Find("web-3", Health::kDown);
  CHECK(Taking().empty());
  CHECK(Web().panics == 1);
}

TEST_CASE_METHOD(Fixture, "where none of the last usable ones is left, health says nothing",
                 "[control]") {
  Find("web-1", Health::kDown);
  Find("web-2", Health::kDown);
  Drain("web-3");
  CHECK(Taking() == Names{"web-1", "web-2"});
  CHECK(Web().in_panic);
}

TEST_CASE_METHOD(Fixture, "weight 0 is no target that could be spared", "[control]") {
  Apply([](config::Service& web) { web.targets[1].weight = web.targets[2].weight = 0; });
  Find("web-1", Health::kDown);
  CHECK(Taking() == Names{"web-1"});
}

// ---- methods

TEST_CASE_METHOD(Fixture, "S: hot_standby has the lowest rank at work, and switches back",
                 "[control]") {
  const bool switch_back = GENERATE(true, false);
  Apply([&](config::Service& web) {
    web.method = BalancingMethod::kHotStandby;
    web.switch_back = switch_back;
    for (std::uint32_t i = 0; i < 3; ++i) web.targets[i].rank = i == 0 ? 1 : 2;
  });
  CHECK(Taking() == Names{"web-1"});
  Find("web-1", Health::kDown);
  CHECK(Taking() == Names{"web-2", "web-3"});
  CHECK(ShareOf(2) == Approx(2 * ShareOf(1)).epsilon(0.03));  // equal ranks share by weight
  Find("web-1", Health::kUp);
  CHECK(Taking() == (switch_back ? Names{"web-1"} : Names{"web-2", "web-3"}));
  Drain("web-2");
  Drain("web-3");
  CHECK(Taking() == Names{"web-1"});
}

TEST_CASE_METHOD(Fixture, "S: only a service of that method follows load reports", "[control]") {
  CHECK(reports.Take("web-3", 500'000, absl::Seconds(10)).value() == absl::Seconds(10));
  CHECK_FALSE(reports.Tick());
  Apply([](config::Service& web) { web.method = BalancingMethod::kReportedCapacity; });
  CHECK(ShareOf(0) == Approx(1.0 / 3).margin(0.01));  // 100, 100, 200 of which a half
  CHECK(ShareOf(2) == Approx(1.0 / 3).margin(0.01));
}

TEST_CASE_METHOD(Fixture, "S: a report stands until it runs out, then the weight", "[control]") {
  Apply([](config::Service& web) { web.method = BalancingMethod::kReportedCapacity; });
  CHECK(reports.Take("web-3", 0, absl::Seconds(10)).ok());
  CHECK(reports.Tick());
  CHECK(Taking() == Names{"web-1", "web-2"});
  CHECK_FALSE(reports.Tick());
  clock.Advance(absl::Seconds(9));
  CHECK(reports.Take("web-3", 100'000, absl::Seconds(10)).ok());
  CHECK(reports.Tick());
  CHECK(Taking() == Names{"web-1", "web-2", "web-3"});
  clock.Advance(absl::Seconds(10));
  CHECK(reports.Tick());
  CHECK(ShareOf(2) == Approx(0.5).margin(0.01));
  CHECK(reports.Take("web-9", 0, absl::Seconds(1)).status().code() == absl::StatusCode::kNotFound);
  CHECK(reports.Take("web-1", 0, absl::ZeroDuration()).value() == LoadReports::kLongest);
}

TEST_CASE_METHOD(Fixture, "another method moves no weight and no state", "[control]") {
  Find("web-1", Health::kDown);
  for (const auto method : {BalancingMethod::kRoundRobin, BalancingMethod::kLeastConnections,
                            BalancingMethod::kSourceHash}) {
    Apply([&](config::Service& web) { web.method = method; });
    const auto snapshot = directory.BuildSnapshot();
    CHECK(snapshot->AnyLeavesRing());
    const ServiceView& web = snapshot->service(kWeb);
    CHECK(web.balancing.turns.size() == (method == BalancingMethod::kRoundRobin ? 3U : 0U));
    CHECK(web.balancing.least.size() == (method == BalancingMethod::kLeastConnections ? 2U : 0U));
    CHECK_FALSE(web.ring.empty());  // P5
    CHECK(Taking() == Names{"web-2", "web-3"});
  }
}

// ---- affinities

TEST_CASE_METHOD(Fixture, "A21: affinities of a target that is down end, or wait", "[control]") {
  const bool suspend = GENERATE(false, true);
  Apply([&](config::Service& web) {
    web.on_down = suspend ? config::OnDown::kSuspend : config::OnDown::kEnd;
  });
  affinities.EndOrphans();
  REQUIRE(Start("web-1") == AffinityOutcome::kStarted);
  Find("web-1", Health::kDown);
  CHECK(affinities.EndOrphans() == (suspend ? 0 : 1));
  CHECK(Orphans(OrphanReason::kTargetDown) == (suspend ? 0 : 1));
  CHECK(Start("web-1", "198.51.100.8") ==
        (suspend ? AffinityOutcome::kStarted : AffinityOutcome::kNotATarget));
  Find("web-1", Health::kUp);
  CHECK(affinities.size() == (suspend ? 2 : 0));
  CHECK(Start("web-1", "198.51.100.9") == AffinityOutcome::kStarted);
}

TEST_CASE_METHOD(Fixture, "A21: affinities of a draining target end at once with on_drain: break",
                 "[control]") {
  const auto on_drain =
      GENERATE(config::OnDrain::kHonor, config::OnDrain::kBreak, config::OnDrain::kRefuse);
  const bool breaks = on_drain == config::OnDrain::kBreak;
  Apply([&](config::Service& web) { web.on_drain = on_drain; });
  REQUIRE(Start("web-1") == AffinityOutcome::kStarted);
  Drain("web-1");
  CHECK(affinities.EndOrphans() == (breaks ? 1 : 0));
  CHECK(Orphans(OrphanReason::kDrained) == (breaks ? 1 : 0));
  CHECK(Start("web-1") == (breaks ? AffinityOutcome::kNotATarget : AffinityOutcome::kRenewed));
}

TEST_CASE_METHOD(Fixture, "A21: the drain_deadline ends what is left", "[control]") {
  Apply([](config::Service& web) { web.drain_deadline = absl::Minutes(5); });
  REQUIRE(Start("web-1") == AffinityOutcome::kStarted);
  REQUIRE(Start("web-2", "198.51.100.8") == AffinityOutcome::kStarted);
  Drain("web-1");
  CHECK_FALSE(drains.Tick());
  clock.Advance(absl::Minutes(5) - absl::Seconds(1));
  CHECK_FALSE(drains.Tick());
  CHECK(affinities.EndOrphans() == 0);
  clock.Advance(absl::Seconds(1));
  CHECK(drains.Tick());
  CHECK(affinities.EndOrphans() == 1);
  CHECK(Orphans(OrphanReason::kDrained) == 1);
  CHECK_FALSE(drains.Tick());
  CHECK(Start("web-1") == AffinityOutcome::kNotATarget);
  REQUIRE(directory.SetState("web-1", TargetState::kUp).ok());
  CHECK_FALSE(drains.Tick());
  CHECK(Start("web-1") == AffinityOutcome::kStarted);
  Drain("web-1");  // from the beginning
  CHECK_FALSE(drains.Tick());
  clock.Advance(absl::Minutes(4));
  CHECK_FALSE(drains.Tick());
}

}  // namespace
}  // namespace holdfast
