// The rules of a service's health checks.
#include <catch2/catch.hpp>

#include "config/difference.h"
#include "config/draft.h"
#include "config/health_fields.h"
#include "config/mistakes_in.h"

namespace holdfast::config {
namespace {

// With kernel interface; health is on line 15.
std::string WithHealth(const std::string& health, const std::string& ports = "[80, 443]") {
  return absl::StrCat(
      "ports:\n"
      "  - name: lan0\n"
      "    device: 'net_tap0'\n"
      "    addresses: [10.0.0.1/24]\n"
      "    kernel: {interface: kern0}\n",
      kTargets,
      "services:\n"
      "  - name: web\n"
      "    vip: 192.0.2.1\n"
      "    protocol: tcp\n"
      "    health: ",
      health, "\n    ports: ", ports, "\n    targets: [{target: web-1}]\n");
}

BalancerConfig Right(const std::string& text) {
  CAPTURE(MistakesIn(text));
  REQUIRE(MistakesIn(text).empty());
  return std::get<BalancerConfig>(ParseBalancerConfig(text, "b.yaml"));
}
HealthCheck Read(const std::string& health) {
  return Right(WithHealth(health)).services.front().health.value();
}

TEST_CASE("a health check has its defaults, and what is given", "[config]") {
  HealthCheck expected;
  expected.port = 80;
  CHECK(Read("{type: tcp}") == expected);
  CHECK(Read("{interval: 2s, timeout: 1s, rise: 2, fall: 3}") == expected);
  CHECK_FALSE(Right(WithService("", "")).services.front().health);

  expected.type = HealthCheckType::kHttp;
  expected.interval = absl::Milliseconds(500);
  expected.timeout = absl::Seconds(3);
  expected.rise = 1;
  expected.fall = 10;
  expected.port = 8080;
  expected.path = "/ready";
  expected.host = "www.example.org";
  expected.least_status = 200;
  expected.most_status = 299;
  CHECK(Read("{type: http, interval: 500ms, timeout: 3s, rise: 1, fall: 10, port: 8080, "
             "path: /ready, host: www.example.org, status: 200-299}") == expected);
  CHECK(Read("{type: grpc, grpc_service: shop.v1.Cart}").grpc_service == "shop.v1.Cart");
}

TEST_CASE("rules of health checks", "[config]") {
  const std::string at = "b.yaml:15: services[0].health";
  CheckAll({
      {"numbers out of bounds",
       WithHealth("{rise: 0, fall: 101, interval: 99ms, timeout: 2m, port: 0}"),
       {at + ".interval: '99ms': must be 100ms to 1h", at + ".timeout: '2m': must be 10ms to 1m",
        at + ".rise: '0': must be 1 to 100", at + ".fall: '101': must be 1 to 100",
        at + ".port: '0': must be 1 to 65535"}},
      {"fields of another type",
       WithHealth("{path: /, status: 200, host: a, grpc_service: b}"),
       {at + ".path: '/': is for type: http", at + ".status: '200': is for type: http",
        at + ".host: 'a': is for type: http or grpc",
        at + ".grpc_service: 'b': is for type: grpc"}},
      {"no path, no status",
       WithHealth("{type: http, path: ready, status: 200-}"),
       {at + ".status: '200-': must be a status, 100 to 599, or a range of them, as 200-399",
        at + ".path: 'ready': must begin with '/'"}},
      {"what would end a line",
       WithHealth("{type: http, host: \"a b\"}"),
       {at + ".host: 'a b': must be at most 512 characters of ASCII without spaces"}},
      {"no first port",
       WithHealth("{type: tcp}", "[all]"),
       {at + ".port: is required: the service has every port, and none of them is the first"}},
      {"a port without a kernel interface",
       WithService("    targets", "    health: {type: tcp}\n    targets"),
       {"b.yaml:15: services[0].health: target 'web-1' is reached by port 'lan0', which has no "
        "kernel interface (kernel: {interface: ...}): checks leave by it"}},
      {"no address to come from",
       absl::StrReplaceAll(WithHealth("{type: tcp}"), {{"192.0.2.1", "'2001:db8::1'"}}),
       {at + ": target 'web-1' is reached by port 'lan0', which has no IPv6 address for checks of "
             "the VIP 2001:db8::1 to come from"}},
  });
}

TEST_CASE("a single change leaves health checks as they are", "[config]") {
  const BalancerConfig now =
      Right(WithHealth("{type: http, interval: 500ms, status: 200-299, host: a, path: /x}"));
  Draft draft(now);
  v1::ServiceTargetConfig target;
  target.set_target("web-1");
  target.set_weight(7);
  REQUIRE(draft.SetServiceTarget("web", target).ok());
  const auto next = draft.Check();
  REQUIRE(next.ok());
  CHECK(next->services.front().health == now.services.front().health);
}

TEST_CASE("a change of a health check is told in words", "[config]") {
  const auto now = Right(WithHealth("{type: tcp}"));
  const auto next = Right(WithHealth("{type: http, fall: 5}"));
  CHECK(DifferenceOf(now, next).changes ==
        std::vector<std::string>{
            "service web: health tcp port 80, every 2s, timeout 1s, rise 2, fall 3 -> http port "
            "80 path / status 200-399, every 2s, timeout 1s, rise 2, fall 5"});
}

}  // namespace
}  // namespace holdfast::config
