#include "control/live_configuration.h"

#include <catch2/catch.hpp>

#include "control/balancer_config.h"
#include "support/captured_log.h"
#include "support/fake_clock.h"

namespace holdfast {
namespace {

using testing::Address;
using testing::ThreeTargets;

struct Fixture {
  // ThreeTargets() as `change` left it.
  template <typename Change>
  static config::BalancerConfig Changed(Change change) {
    config::BalancerConfig config = ThreeTargets();
    change(config);
    return config;
  }
  LiveConfiguration::Parts Parts() {
    return {.directory = &directory,
            .affinities = &affinities,
            .meet_targets =
                [this](const config::BalancerConfig& next) {
                  CHECK(directory.Targets().size() == 3);  // nothing has changed yet
                  met = next.targets.size();
                },
            .publish =
                [this] {
                  affinities_when_published = affinities.size();
                  published = directory.BuildSnapshot();
                },
            .set_log_level = [this](config::LogLevel set) { level = set; }};
  }
  void Start(const char* target) {
    affinities.Start({Address("192.0.2.1"), Protocol::kTcp, {}, Address("198.51.100.7"), {}},
                     target, {});
  }

  CapturedLog log;
  FakeClock clock;
  TargetDirectory directory{ThreeTargets()};
  ControlCounters counters;
  AffinityTable replica = AffinityTable::Create(64, HashKey{}, MemoryKind::kNormal).value();
  AffinityManager affinities{{}, clock, directory, {&replica}, counters};
  std::size_t met = 0;
  std::unique_ptr<const Snapshot> published;
  std::size_t affinities_when_published = 99;
  config::LogLevel level = config::LogLevel::kInfo;
  LiveConfiguration configuration{ThreeTargets(), Parts()};
};

void DropWeb2AndAddWeb4(config::BalancerConfig& config) {
  config.targets[1] = {"web-4", Address("10.0.0.14"), {}, 0};
}

TEST_CASE_METHOD(Fixture, "a change is one snapshot, without the affinities that lost their place",
                 "[control]") {
  Start("web-2");
  const auto answer = configuration.Apply(Changed(DropWeb2AndAddWeb4), "a test");
  CHECK(answer.outcome == ApplyOutcome::kApplied);
  CHECK(answer.orphans == 1);
  CHECK(answer.explanation == "6 changes applied; 1 affinities have lost their place and ended");
  REQUIRE(published);
  CHECK(published->version() == 1);
  CHECK(affinities_when_published == 0);
  CHECK(directory.FindTarget("web-4"));
  CHECK(configuration.now().targets[1].name == "web-4");
  CHECK(met == 3);
}

TEST_CASE_METHOD(Fixture, "who changed what is in the log", "[control]") {
  configuration.Apply(Changed([](auto& next) { next.services[0].targets[1].weight = 7; }),
                      "config apply of b.yaml");
  CHECK(log.text() ==
        "info config apply of b.yaml: service web: target web-2: weight 100 -> 7\n"
        "info config apply of b.yaml: 1 change applied; 0 affinities have lost their place and "
        "ended\n");
}

TEST_CASE_METHOD(Fixture, "to judge is to change nothing", "[control]") {
  const auto answer = configuration.Judge(Changed(DropWeb2AndAddWeb4));
  CHECK(answer.outcome == ApplyOutcome::kApplied);
  CHECK(answer.difference.changes.size() == 6);
  CHECK(answer.explanation == "6 changes can be applied");
  CHECK_FALSE(published);
  CHECK(met == 0);
  CHECK(directory.FindTarget("web-2"));
  CHECK(configuration.now().targets[1].name == "web-2");
  CHECK(log.text().empty());
}

TEST_CASE_METHOD(Fixture, "what holds already is published to nobody", "[control]") {
  const auto answer = configuration.Apply(ThreeTargets(), "a test");
  CHECK(answer.outcome == ApplyOutcome::kUnchanged);
  CHECK_FALSE(published);
}

TEST_CASE_METHOD(Fixture, "what only a restart can change is refused with all that came with it",
                 "[control]") {
  const auto answer = configuration.Apply(Changed([](auto& next) {
                                            DropWeb2AndAddWeb4(next);
                                            next.cores.workers = {1, 2};
                                          }),
                                          "a test");
  CHECK(answer.outcome == ApplyOutcome::kNeedsRestart);
  CHECK(answer.explanation ==
        "only a restart of holdfastd can change cores.workers: 1 -> 1, 2; nothing has changed");
  CHECK_FALSE(published);
  CHECK(directory.FindTarget("web-2"));
  CHECK(configuration.now().cores.workers.size() == 1);
  CHECK(log.text() == "error a test: refused: " + answer.explanation + "\n");
}

TEST_CASE_METHOD(Fixture, "without room nothing changes", "[control]") {
  auto next = ThreeTargets();
  while (next.targets.size() < kMaxTargets)
    next.targets.push_back(
        {"extra-" + std::to_string(next.targets.size()),
         IpAddress::FromV4(0x0a010000 + static_cast<std::uint32_t>(next.targets.size())),
         {},
         0});
  REQUIRE(configuration.Apply(next, "a test").outcome == ApplyOutcome::kApplied);
  next.targets.back().name = "another";
  next.services[0].targets[0].weight = 1;
  const auto answer = configuration.Apply(next, "a test");
  CHECK(answer.outcome == ApplyOutcome::kNoRoom);
  CHECK(directory.Services()[1].targets[0].weight == 100);
}

TEST_CASE_METHOD(Fixture, "fields that are no service and no target are applied, too",
                 "[control]") {
  configuration.Apply(Changed([](auto& next) {
                        next.affinities.max_duration = absl::Minutes(5);
                        next.log_level = config::LogLevel::kDebug;
                      }),
                      "a test");
  CHECK(level == config::LogLevel::kDebug);
  Start("web-1");
  clock.Advance(absl::Minutes(5));
  CHECK(affinities.ExpireDue(10) == 1);
}

TEST_CASE_METHOD(Fixture, "a target that drains goes on to drain", "[control]") {
  REQUIRE(directory.SetState("web-1", TargetState::kDraining).ok());
  configuration.Apply(Changed([](auto& next) { next.services[0].targets[0].weight = 7; }),
                      "a test");
  CHECK(directory.Targets()[0].state == TargetState::kDraining);
}

}  // namespace
}  // namespace holdfast
