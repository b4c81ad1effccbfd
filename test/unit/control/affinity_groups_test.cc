// Prefixes of clients through the manager: limits, holes, wide ends, clocks that requests
// restart; and that the workers' tables say what the rules say.
#include <catch2/catch.hpp>
#include <memory>
#include <random>

#include "absl/strings/str_cat.h"
#include "control/affinity_manager.h"
#include "control/balancer_config.h"
#include "support/fake_clock.h"

namespace holdfast {
namespace {

using Outcome = AffinityOutcome;
using testing::Address;
using testing::ThreeTargets;

constexpr ServiceSlot kWeb{0};
constexpr std::size_t kReplicas = 2;

struct Fixture {
  explicit Fixture(const AffinityManager::Options& options = {.capacity = 1000}) {
    for (std::size_t i = 0; i < kReplicas; ++i)
      replicas.push_back(std::make_unique<AffinityTable>(
          AffinityTable::Create(4096, HashKey{}, MemoryKind::kNormal).value()));
    manager = std::make_unique<AffinityManager>(options, clock, directory, Tables(), counters);
  }
  std::vector<AffinityTable*> Tables() const {
    std::vector<AffinityTable*> tables;
    for (const auto& replica : replicas) tables.push_back(replica.get());
    return tables;
  }
  // "198.51.100.0/24", or one host.
  static AffinitySelector Clients(const std::string& text,
                                  std::vector<std::uint16_t> service_ports = {}) {
    const bool is_prefix = text.find('/') != std::string::npos;
    const IpAddress host = is_prefix ? IpAddress() : Address(text.c_str());
    const IpPrefix prefix =
        is_prefix ? IpPrefix::Parse(text).value() : IpPrefix{host, host.HostPrefixLength()};
    const int host_bits = prefix.address.HostPrefixLength() - prefix.length;
    return {Address("192.0.2.1"),
            Protocol::kTcp,
            std::move(service_ports),
            prefix.address,
            {},
            static_cast<std::uint8_t>(host_bits)};
  }
  Outcome Start(const std::string& clients, const char* target, const AffinityTerms& terms = {}) {
    answer = manager->Start(Clients(clients), target, terms);
    return answer.outcome;
  }
  Outcome EndWidely(const std::string& clients, const char* target, bool allow_partial = false) {
    AffinityManager::WideEnd end(Clients(clients), target, allow_partial);
    slices = 0;
    std::optional<AffinityAnswer> given;
    while (!given) {
      given = manager->Continue(end, 4);
      ++slices;
    }
    answer = *given;
    return answer.outcome;
  }
  std::optional<AffinityTable::Owner> OwnerIn(std::size_t replica, const AffinityCell& request) {
    return replicas[replica]->Find(request.service, request.client, request.client_port,
                                   request.service_port, [](TargetHandle) { return true; });
  }
  // Whom the workers send it to; all must say the same. "": balanced.
  std::string FollowedTo(const char* client, std::uint16_t service_port = 80) {
    const AffinityCell request{kWeb, Address(client), 40000, service_port};
    std::string name;
    for (std::size_t i = 0; i < kReplicas; ++i) {
      const auto owner = OwnerIn(i, request);
      const std::string found = owner ? directory.TargetName(owner->target) : "";
      CHECK((i == 0 || found == name));
      name = found;
    }
    return name;
  }

  FakeClock clock;
  config::BalancerConfig config = ThreeTargets();
  TargetDirectory directory{config};
  ControlCounters counters;
  std::vector<std::unique_ptr<AffinityTable>> replicas;
  std::unique_ptr<AffinityManager> manager;
  AffinityAnswer answer;  // the last one
  int slices = 0;         // of the last wide end
};

TEST_CASE_METHOD(Fixture, "A1: a group of clients goes to its owner, on every worker",
                 "[control]") {
  CHECK(Start("198.51.100.0/24", "web-2", absl::Minutes(10)) == Outcome::kStarted);
  CHECK(answer.explanation ==
        "new connections of clients 198.51.100.0/24 at 192.0.2.1 tcp go to target 'web-2' for 10m");
  CHECK(FollowedTo("198.51.100.0") == "web-2");
  CHECK(FollowedTo("198.51.100.255") == "web-2");
  CHECK(FollowedTo("198.51.101.0").empty());
}

TEST_CASE_METHOD(Fixture, "A8: a prefix wider than the service allows is refused", "[control]") {
  CHECK(Start("198.51.0.0/16", "web-1") == Outcome::kStarted);
  CHECK(Start("203.0.0.0/15", "web-1") == Outcome::kPrefixTooWide);
  CHECK(answer.explanation ==
        "service 'web' allows no prefix of clients that is shorter than /16 "
        "(affinity.widest_ipv4_prefix), and this is a /15; nothing changed");
  config.services[0].affinity.widest_ipv4_prefix = 0;
  REQUIRE(directory.Apply(config).ok());
  CHECK(Start("0.0.0.0/0", "web-1") == Outcome::kStarted);
  CHECK(FollowedTo("8.8.8.8") == "web-1");
}

TEST_CASE("A9: a target has its quota, and is told", "[control]") {
  Fixture on({.capacity = 1000, .quota_per_target = 2});
  CHECK(on.Start("198.51.100.1", "web-1") == Outcome::kStarted);
  CHECK(on.Start("198.51.100.2", "web-1") == Outcome::kStarted);
  CHECK(on.Start("198.51.100.3", "web-1") == Outcome::kQuotaExceeded);
  CHECK(on.answer.explanation ==
        "target 'web-1' owns 2 affinities of at most 2, and this request is 1 "
        "(affinities.quota_per_target); nothing changed");
  CHECK(on.FollowedTo("198.51.100.3").empty());
  CHECK(on.Start("198.51.100.3", "web-2") == Outcome::kStarted);
  on.manager->SetQuota(3);
  CHECK(on.Start("198.51.100.4", "web-1") == Outcome::kStarted);
}

TEST_CASE_METHOD(Fixture, "A12: a cut leaves the clients of the part to balancing", "[control]") {
  Start("198.51.100.0/24", "web-1", absl::Minutes(1));
  CHECK(manager->End(Clients("198.51.100.7"), "web-1").outcome == Outcome::kNotEndedCovered);
  answer = manager->End(Clients("198.51.100.7"), "web-1", true);
  CHECK(answer.outcome == Outcome::kEnded);
  CHECK(answer.cut == 1);
  CHECK(answer.explanation ==
        "new connections of client 198.51.100.7 at 192.0.2.1 tcp are balanced: cut out of a wider "
        "affinity with target 'web-1'");
  CHECK(FollowedTo("198.51.100.7").empty());
  CHECK(FollowedTo("198.51.100.8") == "web-1");
  clock.Advance(absl::Seconds(20));
  CHECK(Start("198.51.100.7", "web-1", absl::Minutes(9)) == Outcome::kRenewed);
  CHECK(answer.granted == absl::Seconds(40));
  CHECK(FollowedTo("198.51.100.7") == "web-1");
}

TEST_CASE_METHOD(Fixture, "A13: an end takes all that is inside, in slices", "[control]") {
  for (int i = 0; i < 20; ++i)
    Start(absl::StrCat("198.51.100.", i), i % 2 == 0 ? "web-1" : "web-2");
  Start("198.51.101.1", "web-1");
  Start("198.51.100.0/25", "web-1");
  CHECK(EndWidely("198.51.100.0/24", "web-1") == Outcome::kEnded);
  CHECK(answer.ended == 11);
  CHECK(slices > 3);
  CHECK(answer.explanation ==
        "11 affinities of clients 198.51.100.0/24 at 192.0.2.1 tcp with target 'web-1' have ended");
  CHECK(FollowedTo("198.51.100.2").empty());
  CHECK(FollowedTo("198.51.100.3") == "web-2");
  CHECK(FollowedTo("198.51.101.1") == "web-1");
  CHECK(EndWidely("198.51.100.0/24", "web-1") == Outcome::kNotFound);
}

TEST_CASE_METHOD(Fixture, "A13, A15: what another owns at the selector itself refuses a wide end",
                 "[control]") {
  Start("198.51.100.7", "web-1");
  Start("198.51.100.0/24", "web-2");
  CHECK(EndWidely("198.51.100.0/24", "web-1") == Outcome::kOwnedByOther);
  CHECK(FollowedTo("198.51.100.7") == "web-1");
  // Inside what another owns it ends its own.
  CHECK(EndWidely("198.51.100.0/28", "web-1") == Outcome::kEnded);
  CHECK(FollowedTo("198.51.100.7") == "web-2");
}

TEST_CASE_METHOD(Fixture, "A13: what another owns for more ports is no refusal either",
                 "[control]") {
  manager->Start(Clients("198.51.100.7", {80}), "web-1", {});
  Start("198.51.100.0/24", "web-2");
  AffinityManager::WideEnd end(Clients("198.51.100.0/24", {80}), "web-1", false);
  const auto given = manager->Continue(end, 100);
  REQUIRE(given);
  CHECK(given->outcome == Outcome::kEnded);
  CHECK(given->ended == 1);
  CHECK(FollowedTo("198.51.100.7") == "web-2");
}

TEST_CASE_METHOD(Fixture, "A19: a request that a worker serves restarts the clock", "[control]") {
  Start("198.51.100.7", "web-1", {absl::Seconds(10), true});
  Start("198.51.100.8", "web-1", absl::Seconds(10));
  const auto serve = [this](const char* client) {
    manager->ExpireDue(10);  // tells the workers what second it is
    const auto owner = OwnerIn(1, {kWeb, Address(client), 40000, 80});
    REQUIRE(owner);
    if (owner->extends) replicas[1]->NoteServed(*owner);
  };
  clock.Advance(absl::Seconds(6));
  serve("198.51.100.7");
  serve("198.51.100.8");
  clock.Advance(absl::Seconds(5));
  CHECK(manager->ExpireDue(10) == 1);
  CHECK(FollowedTo("198.51.100.8").empty());
  clock.Advance(absl::Seconds(4));
  CHECK(manager->ExpireDue(10) == 0);
  CHECK(FollowedTo("198.51.100.7") == "web-1");
  clock.Advance(absl::Seconds(1));
  CHECK(manager->ExpireDue(10) == 1);
}

TEST_CASE_METHOD(Fixture, "A19: the service may say so for all, and until when", "[control]") {
  config.services[0].affinity.extend_on_connection = true;
  config.services[0].affinity.max_lifetime = absl::Seconds(15);
  REQUIRE(directory.Apply(config).ok());
  Start("198.51.100.0/24", "web-1", absl::Seconds(10));
  int lasted = 0;
  for (; FollowedTo("198.51.100.9") == "web-1"; ++lasted) {
    replicas[0]->NoteServed(*OwnerIn(0, {kWeb, Address("198.51.100.9"), 40000, 80}));
    clock.Advance(absl::Seconds(1));
    manager->ExpireDue(10);
  }
  CHECK(lasted == 15);
}

// Few clients, so that prefixes, ports and holes meet.
TEST_CASE_METHOD(Fixture, "P2: workers' tables find what the rules say, through any changes",
                 "[control]") {
  constexpr unsigned kSeed = 11;
  std::mt19937 random(kSeed);
  const auto below = [&](std::uint32_t bound) {
    return static_cast<std::uint32_t>(random() % bound);
  };
  const auto ports = [&](std::initializer_list<std::uint16_t> choice) {
    std::vector<std::uint16_t> chosen;
    for (const std::uint16_t port : choice)
      if (below(3) == 0) chosen.push_back(port);
    return chosen;
  };
  std::size_t held = 0;
  std::size_t most_kinds = 0;
  for (int step = 0; step < 30'000; ++step) {
    const auto host_bits = static_cast<std::uint8_t>(below(6));
    AffinitySelector selector{
        Address("192.0.2.1"),  Protocol::kTcp,
        ports({80, 443}),      IpAddress::FromV4(0xC6336400 + below(16)).WithoutLast(host_bits),
        ports({40000, 40001}), host_bits};
    const std::string target = absl::StrCat("web-", 1 + below(3));
    if (below(2) == 0)
      manager->Start(selector, target, absl::Seconds(1 + below(30)));
    else
      manager->End(selector, target, below(2) == 0);
    if (below(4) == 0) {
      clock.Advance(absl::Seconds(1));
      manager->ExpireDue(1000);
    }
    const AffinityCell request{kWeb, IpAddress::FromV4(0xC6336400 + below(16)),
                               static_cast<std::uint16_t>(40000 + below(2)),
                               static_cast<std::uint16_t>(below(2) == 0 ? 80 : 443)};
    const auto matches = manager->MatchedBy(request);
    const auto expected = std::ranges::find_if(matches, [](const auto& match) {
      return !match.listing.cell.is_hole() && !match.excluded;
    });
    const auto owner = OwnerIn(below(kReplicas), request);
    const bool same =
        expected == matches.end() ? !owner : owner && owner->target == expected->owner;
    if (!same) FAIL("seed " << kSeed << ", step " << step);
    held += owner ? 1 : 0;
    most_kinds = std::max(most_kinds, matches.size());
    for (const auto& replica : replicas)
      if (replica->size() != manager->size()) FAIL("seed " << kSeed << ", step " << step);
  }
  CHECK(held > 5'000);
  CHECK(most_kinds > AffinityTable::Question::kAhead);
}

}  // namespace
}  // namespace holdfast
