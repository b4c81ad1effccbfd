// Forwarding by nat: what it needs.
#include <catch2/catch.hpp>

#include "config/difference.h"
#include "config/draft.h"
#include "config/mistakes_in.h"

namespace holdfast::config {
namespace {

using Lines = std::vector<std::string>;

// lan0 is IPv4 alone; lan1 has both. Lines 1 to 11.
std::string Text(const std::string& nat, const std::string& service) {
  return "ports:\n"
         "  - {name: lan0, device: net_tap0, addresses: [10.0.0.1/24]}\n"
         "  - {name: lan1, device: net_tap1, addresses: [10.0.1.1/24, 'fd00::1/64']}\n"
         "routes: [{prefix: 'fd00:9::/32', via: 'fd00::9'}]\n" +
         nat +
         "\ntargets:\n"
         "  - {name: four, address: 10.0.0.11}\n"
         "  - {name: six, address: 'fd00::b'}\n"
         "  - {name: own, address: 10.0.0.12, forwarding: nat}\n"
         "services:\n"
         "  - " +
         service;
}
std::string Service(const std::string& vip, const std::string& target,
                    const std::string& forwarding = "nat", const std::string& more = "") {
  return "{name: web, vip: '" + vip + "', protocol: tcp, ports: [80], forwarding: " + forwarding +
         ", targets: [{target: " + target + "}]" + more + "}\n";
}
BalancerConfig Loaded(const std::string& text) {
  CHECK(MistakesIn(text) == Lines());
  return std::get<BalancerConfig>(ParseBalancerConfig(text, "b.yaml"));
}

TEST_CASE("nat has ports and room for sessions, or those that it has by itself", "[config]") {
  const auto plain = Loaded(Text("nat: {}", Service("192.0.2.1", "four")));
  REQUIRE(plain.nat);
  CHECK(plain.nat->ports == PortRange(16384, 32767));
  CHECK(plain.nat->sessions_per_worker == 65536);
  CHECK(plain.services[0].target_port == 0);
  const auto given = Loaded(Text("nat: {ports: 2000-2999, sessions_per_worker: 4096}",
                                 Service("192.0.2.1", "four", "nat", ", target_port: 8080")));
  CHECK(given.nat->ports == PortRange(2000, 2999));
  CHECK(given.nat->sessions_per_worker == 4096);
  CHECK(given.services[0].target_port == 8080);
  CHECK_FALSE(Loaded(Text("", Service("192.0.2.1", "four", "l2"))).nat);
  CHECK(Loaded(Text("nat: {}", Service("2001:db8::1", "six"))).services[0].forwarding ==
        ForwardingMode::kNat);
}

TEST_CASE("every mistake of nat is named with its value", "[config]") {
  const std::string good = Service("192.0.2.1", "four");
  CHECK(MistakesIn(Text("nat: {ports: 2999-2000}", good)) ==
        Lines{"b.yaml:5: nat.ports: '2999-2000': must be a range of ports, as 16384-32767"});
  CHECK(MistakesIn(Text("nat: {ports: 50000-61000}", good)) ==
        Lines{"b.yaml:5: nat.ports: '50000-61000': must be below 61000: from there on health "
              "checks have them"});
  CHECK(MistakesIn(Text("nat: {ports: 2000-2062}", good)) ==
        Lines{"b.yaml:5: nat.ports: '2000-2062': are 63 ports; at least 64 are needed, 64 for each "
              "worker"});
  CHECK(MistakesIn(Text("nat: {sessions_per_worker: 10}", good)) ==
        Lines{"b.yaml:5: nat.sessions_per_worker: '10': must be 1024 to 16777216"});
  CHECK(MistakesIn(Text("nat: {}", Service("192.0.2.1", "four", "nat", ", target_port: 65536"))) ==
        Lines{"b.yaml:11: services[0].target_port: '65536': must be 0 to 65535"});
}

TEST_CASE("a service or target goes by nat only where there is nat, in one family", "[config]") {
  const std::string none =
      "is reached by nat, which needs the section `nat` (its ports); add `nat: {}`";
  CHECK(MistakesIn(Text("", Service("192.0.2.1", "four"))) ==
        Lines{"b.yaml:11: services[0].targets[0].target: 'four': " + none});
  CHECK(MistakesIn(Text("", Service("192.0.2.1", "own", "l2"))) ==
        Lines{"b.yaml:11: services[0].targets[0].target: 'own': " + none});
  CHECK(MistakesIn(Text("nat: {}", Service("2001:db8::1", "four"))) ==
        Lines{"b.yaml:11: services[0].targets[0].target: 'four': is reached by nat, which does not "
              "change IPv6 into IPv4: use ipip or gue"});
  CHECK(MistakesIn(Text("nat: {}", Service("192.0.2.1", "six"))) ==
        Lines{"b.yaml:11: services[0].targets[0].target: 'six': is reached by nat, which does not "
              "change IPv4 into IPv6: use ipip or gue"});
}

TEST_CASE("a service changes to nat live, where there is nat; its ports do not", "[config]") {
  const auto now = Loaded(Text("nat: {}", Service("192.0.2.1", "four", "l2")));
  const auto next =
      Loaded(Text("nat: {}", Service("192.0.2.1", "four", "nat", ", target_port: 8080")));
  CHECK(DifferenceOf(now, next).changes ==
        Lines{"service web: forwarding l2 -> nat", "service web: target_port 0 -> 8080"});
  CHECK(DifferenceOf(now, next).needs_restart == Lines());
  CHECK(Draft(next).Check().value().services[0].target_port == 8080);
  const auto other = Loaded(Text("nat: {ports: 2000-2999}", Service("192.0.2.1", "four", "l2")));
  CHECK(DifferenceOf(now, other).needs_restart == Lines{"nat.ports: 16384-32767 -> 2000-2999"});
  CHECK(DifferenceOf(Loaded(Text("", Service("192.0.2.1", "four", "l2"))), now)
            .needs_restart.size() == 2);
}

}  // namespace
}  // namespace holdfast::config
