// When targets are checked, and what results in a row mean. Rows: S (health).
#include "control/health_checks.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <vector>

#include "control/balancer_config.h"
#include "support/fake_clock.h"

namespace holdfast {
namespace {

using testing::Address;
using Found = std::vector<std::tuple<std::string, std::string, Health>>;

config::BalancerConfig Checked(const config::HealthCheck& check) {
  config::BalancerConfig config = testing::ThreeTargets();
  for (config::Port& port : config.ports) {
    port.kernel = config::KernelShare{.interface = "k-" + port.name};
    port.addresses = {{Address("2001:db8::1"), 64}, {Address("10.0.0.1"), 24}};
  }
  config.services[0].health = check;
  return config;
}

// Every 3 s, two failures are down, two successes up.
config::HealthCheck Check() {
  config::HealthCheck check;
  check.interval = absl::Seconds(3);
  check.fall = 2;
  check.rise = 2;
  check.port = 80;
  return check;
}

struct Fixture {
  explicit Fixture(config::BalancerConfig first = Checked(Check()))
      : config(std::move(first)), directory(config) {
    checks.Follow(config);
  }

  // The targets that are checked now.
  std::vector<std::string> Tick() {
    orders.clear();
    checks.Tick();
    std::vector<std::string> names;
    for (const ProbeOrder& order : orders) names.push_back(directory.TargetName(order.aim.target));
    return names;
  }
  void Answer(ProbeOutcome outcome) {
    for (const ProbeOrder& order : orders)
      checks.Take({order.id, outcome, outcome == ProbeOutcome::kOk ? "" : "no luck"});
  }
  // One check of each target.
  void Round(ProbeOutcome outcome) {
    for (int second = 0; second < 3; ++second) {
      Tick();
      Answer(outcome);
      clock.Advance(absl::Seconds(1));
    }
  }
  // Only those of one target fail.
  void RoundWithout(const std::string& target) {
    for (int second = 0; second < 3; ++second) {
      const auto names = Tick();
      const bool fails = names == std::vector<std::string>{target};
      Answer(fails ? ProbeOutcome::kTimeout : ProbeOutcome::kOk);
      clock.Advance(absl::Seconds(1));
    }
  }
  bool FoundDown(const std::string& target) {
    const auto services = directory.Services();
    for (const auto& one : services[1].targets)
      if (one.name == target) return one.found_down;
    return false;
  }
  void Apply(config::BalancerConfig next) {
    config = std::move(next);
    REQUIRE(directory.Apply(config).ok());
    changed = checks.Follow(config);
  }

  FakeClock clock;
  config::BalancerConfig config;
  TargetDirectory directory;
  std::vector<ProbeOrder> orders;
  Found found;
  bool changed = false;
  HealthChecks checks{
      clock,
      directory,
      {.start = [this](const ProbeOrder& order) { orders.push_back(order); },
       .found =
           [this](const std::string& service, const std::string& target, Health health) {
             found.emplace_back(service, target, health);
             directory.SetHealth(service, target, health).IgnoreError();
           }}};
};

TEST_CASE_METHOD(Fixture, "S: the first check is at once, the others spread over the interval",
                 "[health]") {
  CHECK(Tick() == std::vector<std::string>{"web-1"});
  Answer(ProbeOutcome::kOk);
  CHECK(Tick().empty());
  clock.Advance(absl::Seconds(1));
  CHECK(Tick() == std::vector<std::string>{"web-2"});
  Answer(ProbeOutcome::kOk);
  clock.Advance(absl::Seconds(1));
  CHECK(Tick() == std::vector<std::string>{"web-3"});
  Answer(ProbeOutcome::kOk);
  clock.Advance(absl::Seconds(1));
  CHECK(Tick() == std::vector<std::string>{"web-1"});
}

TEST_CASE_METHOD(Fixture, "S: a check goes to the VIP, by the port that leads to the target",
                 "[health]") {
  clock.Advance(absl::Seconds(2));
  Tick();
  REQUIRE(orders.size() == 3);
  CHECK(orders[0].vip == Address("192.0.2.1"));
  CHECK(orders[0].from == Address("10.0.0.1"));
  CHECK(orders[0].interface == "k-lan0");
  CHECK(orders[1].interface == "k-lan1");
  CHECK(orders[1].aim.target == directory.FindTarget("web-2"));
  CHECK(orders[1].aim.service == directory.Services()[1].slot);
}

TEST_CASE_METHOD(Fixture, "S: by nat a check goes to the target's own address and port",
                 "[health]") {
  config::BalancerConfig next = config;
  next.targets[1].forwarding = ForwardingMode::kNat;
  next.services[0].target_port = 8080;
  Apply(next);
  clock.Advance(absl::Seconds(2));
  Tick();
  REQUIRE(orders.size() == 3);
  for (const ProbeOrder& order : orders) {
    const std::string name = directory.TargetName(order.aim.target);
    CAPTURE(name);
    if (name != "web-2")
      CHECK_FALSE(order.target);
    else
      CHECK(order.target == ProbeOrder::Target{Address("10.0.0.12"), 8080});
  }
  next.services[0].health->port = 9000;  // another one than clients'
  Apply(next);
  clock.Advance(absl::Seconds(3));
  Tick();
  REQUIRE(orders.size() == 3);
  CHECK(std::ranges::any_of(orders, [](const ProbeOrder& order) {
    return order.target == ProbeOrder::Target{Address("10.0.0.12"), 9000};
  }));
}

TEST_CASE_METHOD(Fixture, "S: a pair that is still being checked is not checked again",
                 "[health]") {
  Tick();
  clock.Advance(absl::Seconds(30));
  CHECK(Tick() == std::vector<std::string>{"web-2", "web-3"});
  CHECK(Tick().empty());
}

TEST_CASE_METHOD(Fixture, "S: so many failures in a row are down, so many successes up",
                 "[health]") {
  RoundWithout("web-2");
  Round(ProbeOutcome::kOk);  // no row
  RoundWithout("web-2");
  CHECK(found.empty());
  CHECK(checks.Find("web", "web-2")->last_failure == "no luck");
  RoundWithout("web-2");
  CHECK(found == Found{{"web", "web-2", Health::kDown}});
  CHECK(FoundDown("web-2"));
  Round(ProbeOutcome::kOk);
  CHECK_FALSE(checks.Find("web", "web-2")->up);
  CHECK(checks.Find("web", "web-2")->last_failure.empty());
  RoundWithout("web-2");
  Round(ProbeOutcome::kOk);
  CHECK(found.size() == 1);
  Round(ProbeOutcome::kOk);
  CHECK(found.back() == Found::value_type{"web", "web-2", Health::kUp});
  CHECK_FALSE(FoundDown("web-2"));
  CHECK(checks.Find("web", "web-2")->results == std::array<std::uint64_t, 5>{4, 0, 4, 0, 0});
  CHECK(checks.Find("dns", "web-1") == nullptr);
}

TEST_CASE_METHOD(Fixture, "S: what was found stays when settings change; they are judged anew",
                 "[health]") {
  RoundWithout("web-2");
  RoundWithout("web-2");
  Tick();  // web-1, with the settings of before
  config::HealthCheck other = Check();
  other.type = config::HealthCheckType::kHttp;
  Apply(Checked(other));
  CHECK_FALSE(changed);
  CHECK(FoundDown("web-2"));
  Answer(ProbeOutcome::kTimeout);  // comes too late
  CHECK(checks.Find("web", "web-1")->last_failure.empty());
  CHECK(Tick() == std::vector<std::string>{"web-1"});
  CHECK(orders[0].check.type == config::HealthCheckType::kHttp);
}

TEST_CASE_METHOD(Fixture, "S: another configuration with the same checks disturbs none",
                 "[health]") {
  RoundWithout("web-2");
  config::BalancerConfig next = config;
  next.services[0].targets[1].weight = 7;
  Apply(next);
  RoundWithout("web-2");
  CHECK(found == Found{{"web", "web-2", Health::kDown}});
}

TEST_CASE_METHOD(Fixture, "S: who is checked no longer is up", "[health]") {
  RoundWithout("web-2");
  RoundWithout("web-2");
  REQUIRE(FoundDown("web-2"));
  config::BalancerConfig next = config;
  next.services[0].health.reset();
  Apply(next);
  CHECK(changed);
  CHECK_FALSE(FoundDown("web-2"));
  CHECK(checks.pairs().empty());
  clock.Advance(absl::Seconds(10));
  CHECK(Tick().empty());
}

TEST_CASE_METHOD(Fixture, "S: another target of the same name begins as up", "[health]") {
  RoundWithout("web-2");
  RoundWithout("web-2");
  const config::BalancerConfig with = config;
  config::BalancerConfig without = config;
  without.services[0].targets.erase(without.services[0].targets.begin() + 1);
  Apply(without);
  CHECK(checks.Find("web", "web-2") == nullptr);
  Apply(with);
  CHECK(checks.Find("web", "web-2")->up);
  CHECK_FALSE(FoundDown("web-2"));
}

}  // namespace
}  // namespace holdfast
