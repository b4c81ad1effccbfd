// How targets are reached: subnets, routes, gateways, static neighbours.
#include <catch2/catch.hpp>

#include "config/difference.h"
#include "config/mistakes_in.h"

namespace holdfast::config {
namespace {

// lan0 with a gateway and lan1; lines 1 to 8.
constexpr char kPorts[] =
    "ports:\n"
    "  - name: lan0\n"
    "    device: net_tap0\n"
    "    addresses: [10.0.0.1/24]\n"
    "    gateway: 10.0.0.254\n"
    "  - name: lan1\n"
    "    device: net_tap1\n"
    "    addresses: [10.0.1.1/24, 10.0.2.1/23]\n";

BalancerConfig Loaded(const std::string& rest) {
  const std::string text = kPorts + rest;
  CHECK(MistakesIn(text) == std::vector<std::string>());
  return std::get<BalancerConfig>(ParseBalancerConfig(text, "b.yaml"));
}

// By which port and which neighbour a target with this address is reached.
std::string WayOf(const std::string& address, const std::string& rest = "") {
  const auto config = Loaded("targets: [{name: t, address: " + address + "}]\n" + rest);
  const Target& target = config.targets.front();
  return absl::StrCat(config.ports[target.port].name, " ", target.NextHop().ToString());
}

TEST_CASE("a target is reached by the longest prefix: subnet, route or gateway", "[config]") {
  CHECK(WayOf("10.0.0.11") == "lan0 10.0.0.11");
  CHECK(WayOf("10.0.1.11") == "lan1 10.0.1.11");
  CHECK(WayOf("203.0.113.5") == "lan0 10.0.0.254");
  const std::string routes =
      "routes:\n"
      "  - {prefix: 203.0.0.0/8, via: 10.0.0.253}\n"
      "  - {prefix: 203.0.113.0/24, via: 10.0.1.254}\n"
      "  - {prefix: 10.0.0.0/24, via: 10.0.1.254}\n"
      "  - {prefix: 10.0.1.128/25, via: 10.0.0.252}\n";
  CHECK(WayOf("203.0.113.5", routes) == "lan1 10.0.1.254");
  CHECK(WayOf("203.0.114.5", routes) == "lan0 10.0.0.253");
  CHECK(WayOf("198.51.100.5", routes) == "lan0 10.0.0.254");
  CHECK(WayOf("10.0.0.11", routes) == "lan0 10.0.0.11");  // as long as the subnet, which is nearer
  CHECK(WayOf("10.0.1.200", routes) == "lan0 10.0.0.252");
}

TEST_CASE("IPv6 targets are reached by subnets, routes and gateways of their own", "[config]") {
  const std::string port =
      "ports:\n"
      "  - name: lan0\n"
      "    device: net_tap0\n"
      "    addresses: [10.0.0.1/24, 'fd00::1/64']\n"
      "    gateway: 10.0.0.254\n"
      "    gateway_v6: 'fe80::fe'\n"
      "routes: [{prefix: 'fd00:9::/32', via: 'fd00::fd'}]\n"
      "neighbours: [{address: 'fe80::fe', mac: '02:00:00:00:00:fe'}]\n";
  const std::string targets =
      "targets:\n"
      "  - {name: near, address: 'fd00::11'}\n"
      "  - {name: routed, address: 'fd00:9::11'}\n"
      "  - {name: far, address: '2001:db8::11'}\n"
      "  - {name: far4, address: 203.0.113.11}\n";
  CHECK(MistakesIn(port + targets) == std::vector<std::string>());
  const auto config = std::get<BalancerConfig>(ParseBalancerConfig(port + targets, "b.yaml"));
  std::vector<std::string> hops;
  for (const Target& target : config.targets) hops.push_back(target.NextHop().ToString());
  CHECK(hops == std::vector<std::string>{"fd00::11", "fd00::fd", "fe80::fe", "10.0.0.254"});
  REQUIRE(config.neighbours.size() == 1);
  CHECK(config.neighbours[0].address.ToString() == "fe80::fe");
}

TEST_CASE("rules of gateways and routes", "[config]") {
  const std::string subnets = "(10.0.0.1/24 on lan0)";
  CheckAll({
      {"no way to a target",
       WithPort("targets: [{name: t, address: 10.1.0.1}]\n"),
       {"b.yaml:5: targets[0].address: '10.1.0.1': must lie in the subnet of a port " + subnets +
        ", or be reached by `routes` or a port's gateway"}},
      {"a gateway elsewhere",
       WithPort("    gateway: 10.1.0.254\n"),
       {"b.yaml:5: ports[0].gateway: '10.1.0.254': must lie in a subnet of its port"}},
      {"a gateway that is ourselves",
       WithPort("    gateway: 10.0.0.1\n"),
       {"b.yaml:5: ports[0].gateway: '10.0.0.1': is the own address of ports[0]"}},
      {"a gateway that is no host",
       WithPort("    gateway: 10.0.0.255\n"),
       {"b.yaml:5: ports[0].gateway: '10.0.0.255': must not be the broadcast address of "
        "10.0.0.0/24"}},
      {"an empty gateway",
       WithPort("    gateway: ''\n"),
       {"b.yaml:5: ports[0].gateway: must be an IPv4 address"}},
      {"gateways of the other family",
       WithPort("    gateway: 'fe80::1'\n    gateway_v6: 10.0.0.254\n"),
       {"b.yaml:5: ports[0].gateway: 'fe80::1': must be an IPv4 address",
        "b.yaml:6: ports[0].gateway_v6: '10.0.0.254': must be an IPv6 address"}},
      {"a link-local gateway", WithPort("    gateway_v6: 'fe80::1'\n"), {}},
      {"two default gateways",
       std::string(kPorts) + "    gateway: 10.0.1.254\n",
       {"b.yaml:9: ports[1].gateway: '10.0.1.254': ports[0] has the default gateway already; use "
        "`routes` for others"}},
      {"routes that are wrong",
       WithPort("routes:\n"
                "  - {prefix: 10.1.0.0/33, via: 10.0.0.254}\n"
                "  - {prefix: 10.1.0.1/16, via: 10.0.0.254}\n"
                "  - {prefix: 10.2.0.0/16, via: 10.3.0.254}\n"
                "  - {prefix: 10.3.0.0/16}\n"
                "  - {prefix: 10.4.0.0/16, via: 10.0.0.1}\n"
                "  - {prefix: 10.5.0.0/16, via: 10.0.0.254}\n"
                "  - {prefix: 10.5.0.0/16, via: 10.0.0.253}\n"
                "  - {prefix: 'fd00:5::/32', via: 10.0.0.253}\n"),
       {"b.yaml:6: routes[0].prefix: '10.1.0.0/33': must be a prefix, as 10.1.0.0/16",
        "b.yaml:7: routes[1].prefix: '10.1.0.1/16': has bits set outside the prefix",
        "b.yaml:8: routes[2].via: '10.3.0.254': must lie in the subnet of a port " + subnets,
        "b.yaml:9: routes[3].via: is required",
        "b.yaml:10: routes[4].via: '10.0.0.1': is the own address of ports[0]",
        "b.yaml:12: routes[6].prefix: '10.5.0.0/16': is the prefix of routes[5] already",
        "b.yaml:13: routes[7].via: '10.0.0.253': must be of the same family as the prefix"}},
  });
}

TEST_CASE("l2 reaches neighbours only", "[config]") {
  const std::string routed = absl::StrCat(kPorts,
                                          "targets: [{name: t, address: 203.0.113.5}]\n"
                                          "services:\n"
                                          "  - name: web\n"
                                          "    vip: 192.0.2.1\n"
                                          "    protocol: tcp\n"
                                          "    ports: [80]\n"
                                          "    targets: [{target: t}]\n");
  CHECK(MistakesIn(routed) ==
        std::vector<std::string>{
            "b.yaml:15: services[0].targets[0].target: 't': is reached by the gateway 10.0.0.254, "
            "but l2 reaches neighbours only: use another `forwarding`, or give the target an "
            "address in the subnet of a port"});
  CHECK(MistakesIn(routed + "    forwarding: ipip\n") == std::vector<std::string>());
  // A target's own way counts.
  CHECK(MistakesIn(
            absl::StrReplaceAll(routed, {{"203.0.113.5}", "203.0.113.5, forwarding: gue}"}})) ==
        std::vector<std::string>());
}

TEST_CASE("a VIP takes no gateway's address", "[config]") {
  const auto with_vip = [](const std::string& vip) {
    return MistakesIn(
        WithPort("    gateway: 10.0.0.65\n"
                 "services: [{name: web, protocol: tcp, ports: [80], vip: " +
                 vip + "}]\n"));
  };
  CHECK(with_vip("10.0.0.65") ==
        std::vector<std::string>{
            "b.yaml:6: services[0].vip: '10.0.0.65': is the gateway of ports[0]"});
  CHECK(with_vip("10.0.0.64/28") ==
        std::vector<std::string>{"b.yaml:6: services[0].vip: '10.0.0.64/28': has 10.0.0.65 in it, "
                                 "the gateway of ports[0]"});
}

TEST_CASE("static neighbours: hosts on a port, each said once", "[config]") {
  const auto config = Loaded(
      "neighbours:\n"
      "  - {address: 10.0.0.254, mac: '02:00:00:00:00:fe'}\n"
      "  - {address: 10.0.1.9, mac: '02:00:00:00:00:09'}\n");
  REQUIRE(config.neighbours.size() == 2);
  CHECK(config.neighbours[0].port == 0);
  CHECK(config.neighbours[1].port == 1);
  CHECK(config.neighbours[1].mac.ToString() == "02:00:00:00:00:09");

  CheckAll({
      {"neighbours that are wrong",
       WithPort("targets: [{name: t, address: 10.0.0.11, mac: '02:00:00:00:00:11'}]\n"
                "neighbours:\n"
                "  - {address: 10.1.0.1, mac: '02:00:00:00:00:01'}\n"
                "  - {address: 10.0.0.5}\n"
                "  - {address: 10.0.0.6, mac: 'ff:ff:ff:ff:ff:ff'}\n"
                "  - {address: 10.0.0.6, mac: '02:00:00:00:00:06'}\n"
                "  - {address: 10.0.0.11, mac: '02:00:00:00:00:12'}\n"),
       {"b.yaml:7: neighbours[0].address: '10.1.0.1': must lie in the subnet of a port "
        "(10.0.0.1/24 on lan0), or be a gateway",
        "b.yaml:8: neighbours[1].mac: is required",
        "b.yaml:9: neighbours[2].mac: 'ff:ff:ff:ff:ff:ff': must be the MAC address of one host, "
        "not multicast and not zero",
        "b.yaml:10: neighbours[3].address: '10.0.0.6': is the address of neighbours[2] already",
        "b.yaml:11: neighbours[4].address: '10.0.0.11': targets[0] says its MAC already"}},
      {"a MAC of a target behind a gateway",
       WithPort("    gateway: 10.0.0.254\n"
                "targets: [{name: t, address: 10.1.0.1, mac: '02:00:00:00:00:11'}]\n"),
       {"b.yaml:6: targets[0].mac: '02:00:00:00:00:11': the target is reached by the gateway "
        "10.0.0.254: give that one a MAC in `neighbours`"}},
  });
}

TEST_CASE("routes, gateways and static neighbours change without a restart", "[config]") {
  const auto now = Loaded("");
  auto next = Loaded(
      "routes: [{prefix: 10.9.0.0/16, via: 10.0.1.254}]\n"
      "neighbours: [{address: 10.0.1.254, mac: '02:00:00:00:00:fe'}]\n");
  next.ports[0].gateway.reset();
  const Difference difference = DifferenceOf(now, next);
  CHECK(difference.needs_restart == std::vector<std::string>());
  CHECK(difference.changes ==
        std::vector<std::string>{"neighbours: none -> 10.0.1.254 at 02:00:00:00:00:fe",
                                 "ports[0].gateway: 10.0.0.254 -> none",
                                 "routes: none -> 10.9.0.0/16 via 10.0.1.254"});
}

}  // namespace
}  // namespace holdfast::config
