#include "config/difference.h"

#include <catch2/catch.hpp>

#include "absl/strings/str_replace.h"
#include "config/load.h"

namespace holdfast::config {
namespace {

using Lines = std::vector<std::string>;

constexpr char kNow[] =
    "cores: {workers: [1]}\n"
    "ports: [{name: lan0, device: net_tap0, addresses: [10.0.0.1/24]}]\n"
    "control: {listen: ['unix:/run/a.sock']}\n"
    "targets:\n"
    "  - {name: web-1, address: 10.0.0.11}\n"
    "  - {name: web-2, address: 10.0.0.12, mac: '02:00:00:00:00:12'}\n"
    "services:\n"
    "  - {name: web, vip: 192.0.2.1, protocol: tcp, ports: [80, 443],\n"
    "     targets: [{target: web-1}, {target: web-2, weight: 50}]}\n"
    "  - {name: dns, vip: 192.0.2.1, protocol: udp, ports: [53], targets: [{target: web-1}]}\n";

BalancerConfig Read(const std::string& text) {
  LoadResult result = ParseBalancerConfig(text, "b.yaml");
  REQUIRE(std::holds_alternative<BalancerConfig>(result));
  return std::get<BalancerConfig>(std::move(result));
}

// From kNow to kNow with `now` replaced by `next`.
Difference Changing(absl::string_view now, absl::string_view next) {
  const std::string changed = absl::StrReplaceAll(kNow, {{now, next}});
  REQUIRE(changed != kNow);
  return DifferenceOf(Read(kNow), Read(changed));
}

struct Case {
  const char* now;
  const char* next;
  Lines lines;
};

TEST_CASE("what is the same is no difference", "[config]") {
  CHECK(DifferenceOf(Read(kNow), Read(kNow)).empty());
}

TEST_CASE("the order of the file, and defaults that are spelled out, are no difference",
          "[config]") {
  const BalancerConfig other = Read(
      "services:\n"
      "  - {name: dns, vip: 192.0.2.1, protocol: udp, ports: [53],\n"
      "     targets: [{target: web-1, weight: 100}]}\n"
      "  - {name: web, vip: 192.0.2.1, protocol: tcp, ports: [443, 80], forwarding: l2,\n"
      "     targets: [{target: web-2, weight: 50}, {target: web-1}]}\n"
      "targets:\n"
      "  - {name: web-2, address: 10.0.0.12, mac: '02:00:00:00:00:12'}\n"
      "  - {name: web-1, address: 10.0.0.11}\n"
      "control: {listen: ['unix:/run/a.sock'], insecure: false}\n"
      "ports: [{name: lan0, device: net_tap0, addresses: [10.0.0.1/24], mtu: 1500}]\n"
      "cores: {workers: [1], poll: busy}\n"
      "affinities: {max_duration: 240m}\n"
      "ring_seed: 0\n");
  CHECK(DifferenceOf(Read(kNow), other).empty());
}

TEST_CASE("changes of targets and services are told by name, value by value", "[config]") {
  const std::vector<Case> cases = {
      {"weight: 50", "weight: 5", {"service web: target web-2: weight 50 -> 5"}},
      {"{target: web-1}, {target: web-2, weight: 50}",
       "{target: web-2, weight: 50}",
       {"service web: target web-1: removed"}},
      {"[53], targets: [",
       "[53], targets: [{target: web-2, weight: 7}, ",
       {"service dns: target web-2: added, weight 7"}},
      {"[80, 443]", "[80]", {"service web: ports 80, 443 -> 80"}},
      {"[80, 443]", "[443, 8000-8999]", {"service web: ports 80, 443 -> 443, 8000-8999"}},
      {"[53]", "[all]", {"service dns: ports 53 -> all"}},
      {"[53]",
       "[53], timeouts: {udp: 30s}, max_half_open: 500",
       {"service dns: timeouts none -> udp 30s", "service dns: max_half_open 0 -> 500"}},
      {"[53]",
       "[53], automatic_affinity: {linger: 30s, client_ports: [5060, 40000-40999]}",
       {"service dns: automatic_affinity off -> on, linger 30s, client ports 5060, 40000-40999"}},
      {"[53]", "[53], automatic_affinity: {}", {"service dns: automatic_affinity off -> on"}},
      {"control:", "no_service: drop\ncontrol:", {"no_service: reject -> drop"}},
      {"vip: 192.0.2.1, protocol: udp",
       "vip: 192.0.2.0/28, protocol: udp",
       {"service dns: vip 192.0.2.1 -> 192.0.2.0/28"}},
      {"vip: 192.0.2.1, protocol: udp",
       "vip: 192.0.2.2, protocol: udp",
       {"service dns: vip 192.0.2.1 -> 192.0.2.2"}},
      {"protocol: udp", "protocol: tcp", {"service dns: protocol udp -> tcp"}},
      {"protocol: udp",
       "protocol: udp, forwarding: ipip, no_target: drop, echo: forward",
       {"service dns: forwarding l2 -> ipip", "service dns: no_target reject -> drop",
        "service dns: echo answer -> forward"}},
      {"protocol: udp",
       "protocol: udp, method: hot_standby, on_drain: break, drain_deadline: 5m, on_down: suspend, "
       "panic_threshold: 2, switch_back: false",
       {"service dns: method maglev -> hot_standby", "service dns: on_drain honor -> break",
        "service dns: drain_deadline none -> 5m", "service dns: on_down end -> suspend",
        "service dns: panic_threshold 1 -> 2", "service dns: switch_back true -> false"}},
      {"weight: 50", "weight: 50, rank: 2", {"service web: target web-2: rank 1 -> 2"}},
      {"10.0.0.11", "10.0.0.21", {"target web-1: address 10.0.0.11 -> 10.0.0.21"}},
      {", mac: '02:00:00:00:00:12'", "", {"target web-2: mac 02:00:00:00:00:12 -> none"}},
      {"name: dns",
       "name: names",
       {"service dns: removed",
        "service names: added at 192.0.2.1 udp port 53, targets: web-1 weight 100"}},
      {"{name: web-1, address: 10.0.0.11}",
       "{name: web-1, address: 10.0.0.11}\n  - {name: web-3, address: 10.0.0.13}",
       {"target web-3: added, address 10.0.0.13"}},
      {"web-2",
       "web-9",
       {"target web-2: removed", "target web-9: added, address 10.0.0.12, mac 02:00:00:00:00:12",
        "service web: target web-2: removed", "service web: target web-9: added, weight 50"}},
  };
  for (const Case& one : cases) {
    INFO(one.now << " becomes " << one.next);
    const Difference difference = Changing(one.now, one.next);
    CHECK(difference.changes == one.lines);
    CHECK(difference.needs_restart.empty());
  }
}

TEST_CASE("fields that can change at any time are told as changes", "[config]") {
  const Difference difference =
      Changing("control:", "affinities: {max_duration: 1h}\nlogging: {level: debug}\ncontrol:");
  CHECK(difference.changes ==
        Lines{"affinities.max_duration: 4h -> 1h", "logging.level: info -> debug"});
  CHECK(difference.needs_restart.empty());
}

TEST_CASE("what only a restart can change is told by its field", "[config]") {
  const std::vector<Case> cases = {
      {"workers: [1]", "workers: [1, 2]", {"cores.workers: 1 -> 1, 2"}},
      {"workers: [1]", "workers: [1], poll: adaptive", {"cores.poll: busy -> adaptive"}},
      {"control:",
       "eal: {memory_mb: 512, huge_pages: false}\ncontrol:",
       {"eal.huge_pages: true -> false", "eal.memory_mb: 256 -> 512"}},
      {"control:", "eal: {extra_args: [--no-pci]}\ncontrol:", {"eal.extra_args: none -> --no-pci"}},
      {"control:",
       "connections: {per_worker: 5000, timeouts: {udp: 1m}}\ncontrol:",
       {"connections.per_worker: 1000000 -> 5000", "connections.timeouts.udp: 3m -> 1m"}},
      {"control:",
       "affinities: {capacity: 5000}\ncontrol:",
       {"affinities.capacity: 1000000 -> 5000"}},
      {"control:", "ring_seed: 7\ncontrol:", {"ring_seed: 0 -> 7"}},
      {"control:", "metrics: {listen: ''}\ncontrol:", {"metrics.listen: 127.0.0.1:9400 -> none"}},
      {"unix:/run/a.sock",
       "unix:/run/b.sock",
       {"control.listen: unix:/run/a.sock -> unix:/run/b.sock"}},
      {"10.0.0.1/24]",
       "10.0.0.1/24, 10.0.1.1/24], mtu: 9000",
       {"ports[0].addresses: 10.0.0.1/24 -> 10.0.0.1/24, 10.0.1.1/24",
        "ports[0].mtu: 1500 -> 9000"}},
      {"10.0.0.1/24]",
       "10.0.0.1/24], kernel: {interface: kern0}",
       {"ports[0].kernel.interface: none -> kern0",
        "ports[0].kernel.packets_per_second: none -> 20000"}},
      {"control:", "kernel_routes: {table: 200}\ncontrol:", {"kernel_routes.table: none -> 200"}},
      {"device: net_tap0", "device: net_tap1", {"ports[0].device: net_tap0 -> net_tap1"}},
      {"addresses: [10.0.0.1/24]}",
       "addresses: [10.0.0.1/24]}, {name: wan0, device: net_tap1, addresses: [10.9.0.1/24]}",
       {"ports: lan0 -> lan0, wan0"}},
  };
  for (const Case& one : cases) {
    INFO(one.now << " becomes " << one.next);
    const Difference difference = Changing(one.now, one.next);
    CHECK(difference.needs_restart == one.lines);
    CHECK(difference.changes.empty());
  }
}

}  // namespace
}  // namespace holdfast::config
