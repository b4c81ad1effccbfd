#include "control/affinity_manager.h"

#include <catch2/catch.hpp>
#include <memory>

#include "control/balancer_config.h"
#include "support/fake_clock.h"

namespace holdfast {
namespace {

using Outcome = AffinityOutcome;
using testing::Address;
using testing::ThreeTargets;

constexpr std::size_t kReplicas = 3;
constexpr ServiceSlot kWeb{0};
constexpr ServiceSlot kDns{1};
const IpAddress kVip = Address("192.0.2.1");
const IpAddress kClient = Address("198.51.100.7");

struct Fixture {
  explicit Fixture(std::uint64_t capacity = 1000) {
    for (std::size_t i = 0; i < kReplicas; ++i)
      replicas.push_back(std::make_unique<AffinityTable>(
          AffinityTable::Create(1024, HashKey{}, MemoryKind::kNormal).value()));
    manager = std::make_unique<AffinityManager>(AffinityManager::Options{capacity, absl::Hours(4)},
                                                clock, directory, Tables(), counters);
  }

  std::vector<AffinityTable*> Tables() const {
    std::vector<AffinityTable*> tables;
    for (const auto& replica : replicas) tables.push_back(replica.get());
    return tables;
  }

  // A selector of TCP services.
  static AffinitySelector Web(std::vector<std::uint16_t> client_ports = {},
                              std::vector<std::uint16_t> service_ports = {}) {
    return {kVip, Protocol::kTcp, std::move(service_ports), kClient, std::move(client_ports)};
  }

  // Whom the workers send this connection to; all must say the same. "": balanced.
  std::string FollowedTo(std::uint16_t client_port, std::uint16_t service_port,
                         ServiceSlot service = kWeb) const {
    std::vector<std::string> names;
    for (const auto& replica : replicas) {
      const auto owner = replica->Find(service, kClient, client_port, service_port,
                                       [](TargetHandle) { return true; });
      names.push_back(owner ? directory.TargetName(owner->target) : "");
    }
    CHECK(std::count(names.begin(), names.end(), names.front()) == kReplicas);
    return names.front();
  }
  std::size_t CellsInReplicas() const {
    for (const auto& replica : replicas) CHECK(replica->size() == replicas.front()->size());
    return replicas.front()->size();
  }
  std::uint64_t Counted(Outcome outcome) const {
    return counters.affinity_requests[static_cast<std::size_t>(outcome)].Read();
  }

  std::uint64_t Orphaned(OrphanReason reason) const {
    return counters.affinities_orphaned[static_cast<std::size_t>(reason)].Read();
  }
  // Applies ThreeTargets() as `change` left it, on top of earlier changes.
  template <typename Change>
  void Apply(Change change) {
    change(config);
    REQUIRE(directory.Apply(config).ok());
  }

  FakeClock clock;
  config::BalancerConfig config = ThreeTargets();
  TargetDirectory directory{config};
  ControlCounters counters;
  std::vector<std::unique_ptr<AffinityTable>> replicas;
  std::unique_ptr<AffinityManager> manager;
};

TEST_CASE_METHOD(Fixture, "A1: when a start returns, every worker follows it", "[control]") {
  const auto answer = manager->Start(Web(), "web-2", absl::Minutes(10));
  CHECK(answer.outcome == Outcome::kStarted);
  CHECK(answer.granted == absl::Minutes(10));
  CHECK(answer.explanation ==
        "new connections of client 198.51.100.7 at 192.0.2.1 tcp go to target 'web-2' for 10m");
  CHECK(FollowedTo(40000, 80) == "web-2");
  CHECK(FollowedTo(40000, 443) == "web-2");
  CHECK(FollowedTo(40000, 53, kDns).empty());
  CHECK(Counted(Outcome::kStarted) == 1);
}

TEST_CASE_METHOD(Fixture, "A1: every cell of a start is established", "[control]") {
  CHECK(manager->Start(Web({40001, 40000, 40001}, {443, 80}), "web-2", {}).outcome ==
        Outcome::kStarted);
  CHECK(CellsInReplicas() == 4);
  CHECK(FollowedTo(40001, 443) == "web-2");
  CHECK(FollowedTo(40002, 443).empty());
}

TEST_CASE_METHOD(Fixture, "A2: a start by the owner restarts the clock", "[control]") {
  manager->Start(Web(), "web-2", absl::Seconds(10));
  clock.Advance(absl::Seconds(9));
  CHECK(manager->Start(Web(), "web-2", absl::Seconds(10)).outcome == Outcome::kRenewed);
  clock.Advance(absl::Seconds(9));
  CHECK(manager->ExpireDue(10) == 0);
  CHECK(FollowedTo(40000, 80) == "web-2");
  clock.Advance(absl::Seconds(1));
  CHECK(manager->ExpireDue(10) == 1);
}

TEST_CASE_METHOD(Fixture, "A3: a start of another's affinity changes nothing and names the holder",
                 "[control]") {
  manager->Start(Web({40000}), "web-1", absl::Minutes(1));
  clock.Advance(absl::Milliseconds(500));
  const auto answer = manager->Start(Web({39999, 40000}), "web-2", absl::Minutes(1));
  CHECK(answer.outcome == Outcome::kOwnedByOther);
  REQUIRE(answer.conflict);
  CHECK(answer.conflict->target == "web-1");
  CHECK(answer.conflict->service == "web");
  CHECK(answer.conflict->age == absl::Milliseconds(500));
  CHECK(answer.explanation ==
        "target 'web-1' holds it: client 198.51.100.7 (port 40000) at service 'web' (192.0.2.1 "
        "tcp, every port) of target 'web-1', 59s left; nothing changed");
  CHECK(CellsInReplicas() == 1);
  CHECK(FollowedTo(40000, 80) == "web-1");
}

TEST_CASE_METHOD(Fixture, "A4: a covered start writes no replica", "[control]") {
  manager->Start(Web(), "web-1", {});
  CHECK(manager->Start(Web({40000}, {80}), "web-1", {}).outcome == Outcome::kCovered);
  CHECK(CellsInReplicas() == 1);
}

TEST_CASE_METHOD(Fixture, "A6: a wider start leaves the narrower one winning", "[control]") {
  manager->Start(Web({40000}, {80}), "web-1", {});
  CHECK(manager->Start(Web(), "web-2", {}).outcome == Outcome::kStarted);
  CHECK(FollowedTo(40000, 80) == "web-1");
  CHECK(FollowedTo(40001, 80) == "web-2");
}

TEST_CASE_METHOD(Fixture, "A7: a start for what the target does not serve says what that is",
                 "[control]") {
  AffinitySelector dns = Web();
  dns.protocol = Protocol::kUdp;
  AffinitySelector elsewhere = Web();
  elsewhere.vip = Address("192.0.2.9");
  const auto check = [this](const AffinitySelector& selector, const char* target,
                            const std::string& why) {
    const auto answer = manager->Start(selector, target, {});
    CHECK(answer.outcome == Outcome::kNotATarget);
    CHECK(answer.explanation == why + "; nothing changed");
  };
  check(Web(), "web-9", "no target is called 'web-9'");
  check(elsewhere, "web-1", "no service is at 192.0.2.9 tcp");
  check(dns, "web-3", "target 'web-3' serves no service at 192.0.2.1 udp");
  check(Web({}, {80, 8080}), "web-1", "target 'web-1' does not serve 192.0.2.1 tcp port 8080");
  CHECK(CellsInReplicas() == 0);
  CHECK(manager->size() == 0);
  CHECK(Counted(Outcome::kNotATarget) == 4);
}

TEST_CASE("A9: a start beyond the capacity changes nothing in any replica", "[control]") {
  Fixture fixture(3);
  fixture.manager->Start(Fixture::Web({1, 2}), "web-1", {});
  const auto answer = fixture.manager->Start(Fixture::Web({3, 4}), "web-1", {});
  CHECK(answer.outcome == Outcome::kTableFull);
  CHECK(answer.explanation ==
        "no room: 2 affinities of at most 3 stand, and this request is 2 (affinities.capacity); "
        "nothing changed");
  CHECK(fixture.CellsInReplicas() == 2);
  CHECK(fixture.manager->size() == 2);
  CHECK(fixture.FollowedTo(3, 80).empty());
}

TEST_CASE("A9: lists that cannot fit are refused before they are multiplied out", "[control]") {
  Fixture fixture(3);
  std::vector<std::uint16_t> all;
  for (std::uint32_t port = 1; port <= 65535; ++port)
    all.push_back(static_cast<std::uint16_t>(port));
  CHECK(fixture.manager->Start(Fixture::Web(all, {80}), "web-1", {}).outcome ==
        Outcome::kTableFull);
  CHECK(fixture.manager->End(Fixture::Web(all, {80}), "web-1").outcome == Outcome::kNotFound);
}

TEST_CASE_METHOD(Fixture, "A9: a replica without room takes the start back from all", "[control]") {
  auto small = AffinityTable::Create(1, HashKey{}, MemoryKind::kNormal).value();
  auto tables = Tables();
  tables.insert(tables.begin() + 1, &small);
  AffinityManager narrow({100'000, absl::Hours(1)}, clock, directory, tables, counters);
  std::vector<std::uint16_t> ports;
  for (std::uint16_t port = 1; port <= 1000; ++port) ports.push_back(port);
  REQUIRE(narrow.Start(Web({2000}), "web-2", {}).outcome == Outcome::kStarted);
  CHECK(narrow.Start(Web(ports), "web-1", {}).outcome == Outcome::kTableFull);
  CHECK(narrow.size() == 1);
  CHECK(CellsInReplicas() == 1);
  CHECK(small.size() == 1);
  CHECK(FollowedTo(2000, 80) == "web-2");
}

TEST_CASE_METHOD(Fixture, "A11: when an end returns, every worker balances again", "[control]") {
  manager->Start(Web({}, {80}), "web-2", {});
  const auto answer = manager->End(Web({}, {80}), "web-2");
  CHECK(answer.outcome == Outcome::kEnded);
  CHECK(answer.explanation ==
        "the affinity of client 198.51.100.7 at 192.0.2.1 tcp port 80 with target 'web-2' has "
        "ended");
  CHECK(FollowedTo(40000, 80).empty());
  CHECK(manager->size() == 0);
}

TEST_CASE_METHOD(Fixture, "A12: a part of a wider affinity is not ended", "[control]") {
  manager->Start(Web(), "web-2", {});
  const auto answer = manager->End(Web({40000}, {80}), "web-2");
  CHECK(answer.outcome == Outcome::kNotEndedCovered);
  REQUIRE(answer.conflict);
  CHECK(answer.conflict->cell.client_port == 0);
  CHECK(FollowedTo(40000, 80) == "web-2");
}

TEST_CASE_METHOD(Fixture, "A14: an end that matches nothing is not found", "[control]") {
  CHECK(manager->End(Web(), "web-2").outcome == Outcome::kNotFound);
  CHECK(manager->End(Web({}, {8080}), "web-2").explanation ==
        "no service is at 192.0.2.1 tcp port 8080; nothing changed");
  CHECK(manager->End(Web(), "web-9").outcome == Outcome::kNotFound);
  CHECK(Counted(Outcome::kNotFound) == 3);
}

TEST_CASE_METHOD(Fixture, "A15: an end of another's affinity changes nothing", "[control]") {
  manager->Start(Web(), "web-1", {});
  const auto answer = manager->End(Web(), "web-2");
  CHECK(answer.outcome == Outcome::kOwnedByOther);
  CHECK(answer.conflict->target == "web-1");
  CHECK(FollowedTo(40000, 80) == "web-1");
}

TEST_CASE_METHOD(Fixture, "A15: also for a service that the caller does not serve", "[control]") {
  AffinitySelector dns{kVip, Protocol::kUdp, {53}, kClient, {}};
  manager->Start(dns, "web-1", {});
  CHECK(manager->End(dns, "web-3").outcome == Outcome::kOwnedByOther);
}

TEST_CASE_METHOD(Fixture, "A17: without a duration the longest is granted, and said", "[control]") {
  const auto answer = manager->Start(Web(), "web-2", absl::ZeroDuration());
  CHECK(answer.granted == absl::Hours(4));
  clock.Advance(absl::Hours(4) - absl::Seconds(1));
  CHECK(manager->ExpireDue(10) == 0);
  clock.Advance(absl::Seconds(1));
  CHECK(manager->ExpireDue(10) == 1);
}

TEST_CASE_METHOD(Fixture, "A18: what has run out ends on every worker, a slice at a time",
                 "[control]") {
  manager->Start(Web({1, 2, 3}), "web-2", absl::Seconds(5));
  manager->Start(Web({4}), "web-2", absl::Seconds(6));
  clock.Advance(absl::Seconds(5));
  CHECK(manager->ExpireDue(2) == 2);
  CHECK(manager->ExpireDue(2) == 1);
  CHECK(manager->ExpireDue(2) == 0);
  CHECK(CellsInReplicas() == 1);
  CHECK(FollowedTo(1, 80).empty());
  CHECK(FollowedTo(4, 80) == "web-2");
  CHECK(counters.affinities_expired.Read() == 3);
}

TEST_CASE_METHOD(Fixture, "A21: a target that is removed loses all it holds", "[control]") {
  manager->Start(Web({1, 2}), "web-2", {});
  manager->Start(Web({3}), "web-1", {});
  const TargetHandle gone = *directory.FindTarget("web-2");
  Apply([](auto& changed) {
    changed.targets[1].name = "web-9";  // renamed: removed, and another is added
  });
  CHECK(manager->EndOrphans() == 2);
  CHECK(manager->CountOf(gone) == 0);
  CHECK(CellsInReplicas() == 1);
  CHECK(FollowedTo(3, 80) == "web-1");
  CHECK(Orphaned(OrphanReason::kTargetRemoved) == 2);
}

TEST_CASE_METHOD(Fixture, "A21: a service that is removed, or gets another VIP, loses all it has",
                 "[control]") {
  const AffinitySelector dns{kVip, Protocol::kUdp, {53}, kClient, {}};
  manager->Start(dns, "web-1", {});
  manager->Start(Web({1, 2}), "web-1", {});
  Apply([](auto& changed) { changed.services.pop_back(); });
  CHECK(manager->EndOrphans() == 1);
  Apply([](auto& changed) { changed.services[0].vip = Address("192.0.2.2"); });
  CHECK(manager->EndOrphans() == 2);
  CHECK(CellsInReplicas() == 0);
  CHECK(manager->size() == 0);
  CHECK(Orphaned(OrphanReason::kVipRemoved) == 3);
}

TEST_CASE_METHOD(Fixture, "A21: a port that is gone takes its own affinities, not the service's",
                 "[control]") {
  manager->Start(Web({1}, {80, 443}), "web-1", {});
  manager->Start(Web({2}), "web-1", {});
  Apply([](auto& changed) { changed.services[0].ports = {80}; });
  CHECK(manager->EndOrphans() == 1);
  CHECK(FollowedTo(1, 443).empty());
  CHECK(FollowedTo(1, 80) == "web-1");
  CHECK(FollowedTo(2, 80) == "web-1");
  CHECK(Orphaned(OrphanReason::kNotATarget) == 1);
}

TEST_CASE_METHOD(Fixture, "A21: a target that leaves a service keeps what it holds in others",
                 "[control]") {
  manager->Start({kVip, Protocol::kUdp, {53}, kClient, {}}, "web-1", {});
  manager->Start(Web({1}), "web-1", {});
  manager->Start(Web({2}), "web-3", {});
  Apply([](auto& changed) { changed.services[0].targets = {{1, 100}, {2, 200}}; });
  CHECK(manager->EndOrphans() == 1);
  CHECK(FollowedTo(1, 80).empty());
  CHECK(FollowedTo(2, 80) == "web-3");
  CHECK(FollowedTo(1, 53, kDns) == "web-1");
  CHECK(Orphaned(OrphanReason::kNotATarget) == 1);
}

TEST_CASE_METHOD(Fixture, "A20: changes that take nothing away end no affinity", "[control]") {
  manager->Start(Web({1}, {80}), "web-2", {});
  Apply([](auto& changed) {
    changed.services[0].ports = {80, 443, 8080};
    changed.services[0].targets = {{0, 7}, {1, 0}, {2, 9}};
    changed.targets[1].address = Address("10.0.0.22");
    changed.targets.push_back({"web-4", Address("10.0.0.14"), {}, 0});
  });
  CHECK(manager->EndOrphans() == 0);
  CHECK(FollowedTo(1, 80) == "web-2");
}

// Beside the others: TCP 8000-8999 at 192.0.2.1, every port of 192.0.2.0/28 without its own
// services, with web-2 alone.
struct WideFixture : Fixture {
  static constexpr ServiceSlot kRange{2};
  static constexpr ServiceSlot kPrefix{3};
  WideFixture() {
    Apply([](auto& changed) {
      config::Service range = changed.services[0];
      range.name = "range";
      range.ports = {PortRange(8000, 8999)};
      config::Service prefix = range;
      prefix.name = "prefix";
      prefix.vip = Vip(IpPrefix::Parse("192.0.2.0/28").value());
      prefix.ports = {PortRange::Every()};
      prefix.targets = {{1, 100}};
      changed.services.push_back(range);
      changed.services.push_back(prefix);
    });
  }
  static AffinitySelector At(const char* vip, std::vector<std::uint16_t> service_ports) {
    AffinitySelector selector = Web({}, std::move(service_ports));
    selector.vip = Address(vip);
    return selector;
  }
};

TEST_CASE_METHOD(WideFixture, "A1: a start may name a port inside a range", "[control]") {
  CHECK(manager->Start(At("192.0.2.1", {8080}), "web-1", {}).outcome == Outcome::kStarted);
  CHECK(FollowedTo(1, 8080, kRange) == "web-1");
  CHECK(FollowedTo(1, 8081, kRange).empty());
  CHECK(manager->Start(At("192.0.2.1", {8080, 8081}), "web-3", {}).outcome ==
        Outcome::kOwnedByOther);
  CHECK(manager->End(At("192.0.2.1", {8080}), "web-1").outcome == Outcome::kEnded);
}

TEST_CASE_METHOD(WideFixture, "A1: any address of a prefix means its whole service", "[control]") {
  for (const char* vip : {"192.0.2.0", "192.0.2.7", "192.0.2.15"}) {
    const auto answer = manager->Start(At(vip, {}), "web-2", {});
    CHECK(answer.outcome ==
          (vip == std::string("192.0.2.0") ? Outcome::kStarted : Outcome::kRenewed));
    CHECK(FollowedTo(1, 22, kPrefix) == "web-2");
  }
  CHECK(manager->Start(At("192.0.2.3", {22}), "web-2", {}).outcome == Outcome::kCovered);
  CHECK(manager->End(At("192.0.2.9", {}), "web-2").outcome == Outcome::kEnded);
  CHECK(CellsInReplicas() == 0);
}

TEST_CASE_METHOD(WideFixture, "A7: a port means the service that its packets are for",
                 "[control]") {
  // At 192.0.2.1 the prefix has what is left by web and range.
  CHECK(manager->Start(At("192.0.2.1", {22}), "web-2", {}).outcome == Outcome::kStarted);
  CHECK(FollowedTo(1, 22, kPrefix) == "web-2");
  CHECK(manager->Start(At("192.0.2.1", {80}), "web-2", {}).outcome == Outcome::kStarted);
  CHECK(FollowedTo(1, 80) == "web-2");
  CHECK(FollowedTo(1, 80, kPrefix).empty());
  CHECK(manager->Start(At("192.0.2.2", {80}), "web-1", {}).outcome == Outcome::kNotATarget);
  CHECK(manager->Start(At("192.0.2.16", {80}), "web-2", {}).outcome == Outcome::kNotATarget);
}

TEST_CASE_METHOD(WideFixture, "A21: a range that shrinks takes the affinities of its ports",
                 "[control]") {
  manager->Start(At("192.0.2.1", {8000, 8999}), "web-1", {});
  Apply([](auto& changed) { changed.services[2].ports = {PortRange(8000, 8500)}; });
  CHECK(manager->EndOrphans() == 1);
  CHECK(FollowedTo(1, 8000, kRange) == "web-1");
  Apply([](auto& changed) { changed.services[2].ports = {PortRange::Every()}; });
  CHECK(manager->EndOrphans() == 0);
}

TEST_CASE_METHOD(Fixture, "a longest duration that changes holds for later starts", "[control]") {
  manager->Start(Web({1}), "web-2", absl::Hours(3));
  manager->SetMaxDuration(absl::Hours(1));
  CHECK(manager->Start(Web({2}), "web-2", absl::Hours(3)).granted == absl::Hours(1));
  clock.Advance(absl::Hours(1));
  CHECK(manager->ExpireDue(10) == 1);
  CHECK(FollowedTo(1, 80) == "web-2");
}

TEST_CASE_METHOD(Fixture, "affinities are listed page by page, each once", "[control]") {
  manager->Start(Web({1, 2, 3}), "web-2", absl::Minutes(1));
  clock.Advance(absl::Seconds(10));
  std::vector<std::uint16_t> ports;
  RecordId next = 0;
  int pages = 0;
  do {
    next = manager->List(next, 2, [&](const AffinityListing& listing) {
      ports.push_back(listing.cell.client_port);
      CHECK(listing.target == "web-2");
      CHECK(listing.time_left == absl::Seconds(50));
      CHECK(listing.age == absl::Seconds(10));
    });
    ++pages;
  } while (next != kNoRecord);
  CHECK(ports == std::vector<std::uint16_t>{1, 2, 3});
  CHECK(pages == 2);
}

TEST_CASE_METHOD(Fixture, "affinities are counted by service and target", "[control]") {
  manager->Start(Web({1, 2}), "web-2", {});
  manager->Start(Web({3}), "web-1", {});
  CHECK(manager->CountOf(kWeb) == 3);
  CHECK(manager->CountOf(kDns) == 0);
  CHECK(manager->CountOf(*directory.FindTarget("web-2")) == 2);
  CHECK(manager->CountOf(kWeb, *directory.FindTarget("web-1")) == 1);
}

}  // namespace
}  // namespace holdfast
