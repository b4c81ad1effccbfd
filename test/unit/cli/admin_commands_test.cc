// holdfastctl service, target, counters.
#include <catch2/catch.hpp>

#include "cli/shell.h"

namespace holdfast::cli {
namespace {

struct AdminShell : Shell {
  testing::FakeAdminService& admin = balancer.admin;
};

TEST_CASE_METHOD(AdminShell, "service list shows a line for each target", "[cli]") {
  admin.services = From<v1::ListServicesResponse>(
      "services { name: 'web' vip: '192.0.2.1' protocol: PROTOCOL_TCP"
      " ports: ['80', '8000-8999'] method: 'maglev' affinities: 5"
      " targets { name: 'web-1' weight: 100 state: TARGET_STATE_UP ring_share: 0.33333 }"
      " targets { name: 'web-2' weight: 200 state: TARGET_STATE_DRAINING"
      " health { service: 'web' last_failure: 'HTTP status 500' } } }"
      "services { name: 'any' vip: '192.0.2.2' protocol: PROTOCOL_UDP method: 'maglev' ports: "
      "'all' }");
  const Result result = Run("service list");
  CHECK(result.status == 0);
  CHECK(result.out ==
        "SERVICE  VIP        PROTOCOL  PORTS         METHOD  AFFINITIES  TARGET  WEIGHT  STATE     "
        "SHARE  HEALTH\n"
        "web      192.0.2.1  tcp       80,8000-8999  maglev  5           web-1   100     UP        "
        "33.3%\n"
        "web      192.0.2.1  tcp       80,8000-8999  maglev  5           web-2   200     DRAINING  "
        "0.0%   down: HTTP status 500\n"
        "any      192.0.2.2  udp       all           maglev  0\n");
}

TEST_CASE_METHOD(AdminShell, "service list in JSON has numbers for all numbers", "[cli]") {
  admin.services = From<v1::ListServicesResponse>(
      "services { name: 'web' vip: '192.0.2.1' protocol: PROTOCOL_TCP ports: '80' method: 'maglev'"
      " affinities: 18446744073709551615"
      " targets { name: 'web-1' weight: 100 state: TARGET_STATE_UP ring_share: 0.25 } }");
  const Result result = Run("service list --json");
  CHECK(IsJson(result.out));
  CHECK(result.out ==
        R"({"services":[{"name":"web","vip":"192.0.2.1","protocol":"tcp","method":"maglev",)"
        R"("targets":[{"name":"web-1","weight":100,"state":"UP","ring_share":0.25,"rank":0,)"
        R"("found_down":false}],"affinities":18446744073709551615,"panic":false,"ports":["80"]}]})"
        "\n");
}

constexpr char kTargets[] =
    "targets { name: 'web-1' address: '10.0.0.101' state: TARGET_STATE_UP"
    " mac: '02:00:00:00:00:01' services: ['echo', 'web'] affinities: 12"
    " health { service: 'echo' up: true } health { service: 'web' last_failure: 'refused' } }"
    "targets { name: 'web-2' address: '10.0.0.102' state: TARGET_STATE_DRAINING services: 'web' }";

TEST_CASE_METHOD(AdminShell, "target list shows who is resolved and who drains", "[cli]") {
  admin.targets = From<v1::ListTargetsResponse>(kTargets);
  const Result result = Run("target list");
  CHECK(result.status == 0);
  CHECK(result.out ==
        "TARGET  ADDRESS     STATE     MAC                AFFINITIES  SERVICES  HEALTH\n"
        "web-1   10.0.0.101  UP        02:00:00:00:00:01  12          echo,web  echo up; web down: "
        "refused\n"
        "web-2   10.0.0.102  DRAINING  unresolved         0           web\n");
}

TEST_CASE_METHOD(AdminShell, "target list in JSON has empty fields, too", "[cli]") {
  admin.targets = From<v1::ListTargetsResponse>(kTargets);
  const Result result = Run("target list --json");
  CHECK(IsJson(result.out));
  CHECK(
      result.out ==
      R"({"targets":[{"name":"web-1","address":"10.0.0.101","state":"UP",)"
      R"("mac":"02:00:00:00:00:01","services":["echo","web"],"affinities":12,"reported_capacity":0,"health":[{"service":"echo","up":true,"last_failure":""},)"
      R"({"service":"web","up":false,"last_failure":"refused"}]},)"
      R"({"name":"web-2","address":"10.0.0.102","state":"DRAINING","mac":"",)"
      R"("services":["web"],"affinities":0,"reported_capacity":0,"health":[]}]})"
      "\n");
}

TEST_CASE_METHOD(AdminShell, "drain and undrain set a target's state", "[cli]") {
  admin.state_answer = From<v1::SetTargetStateResponse>(
      "target { name: 'web-1' state: TARGET_STATE_DRAINING } previous_state: TARGET_STATE_UP");
  const Result result = Run("target drain web-1");
  CHECK(Text(admin.state_request) == R"(target: "web-1" state: TARGET_STATE_DRAINING)");
  CHECK(result.status == 0);
  CHECK(result.out == "target 'web-1' is DRAINING; it was UP\n");
  Run("target undrain web-1");
  CHECK(Text(admin.state_request) == R"(target: "web-1" state: TARGET_STATE_UP)");
}

// Three answers: the second as the first, the third with nothing left.
struct DrainShell : AdminShell {
  DrainShell() {
    admin.state_answer = From<v1::SetTargetStateResponse>(
        "target { name: 'web-1' state: TARGET_STATE_DRAINING } previous_state: TARGET_STATE_UP");
    const auto left = From<v1::GetTargetResponse>("target { affinities: 2 } connections: 7");
    admin.target_answers = {left, left, {}};
  }
};

TEST_CASE_METHOD(DrainShell, "drain --wait tells what is left until nothing is", "[cli]") {
  const Result result = Run("target drain web-1 --wait");
  CHECK(result.status == 0);
  CHECK(result.out ==
        "target 'web-1' is DRAINING; it was UP\n"
        "target 'web-1': 7 connections, 2 affinities left\n"
        "target 'web-1': 0 connections, 0 affinities left\n");
}

TEST_CASE_METHOD(DrainShell, "drain --wait in JSON is one document, the last answer", "[cli]") {
  const Result result = Run("target drain web-1 --wait --json");
  CHECK(IsJson(result.out));
  CHECK(result.out.find(R"("connections":0)") != std::string::npos);
}

TEST_CASE_METHOD(DrainShell, "drain --wait gives up when it is told to", "[cli]") {
  admin.target_answers.pop_back();
  const Result result = Run("target drain web-1 --wait --at-most 100ms");
  CHECK(result.status == 1);
  CHECK(result.err ==
        "holdfastctl: not drained after 100ms: target 'web-1': 7 connections, 2 affinities "
        "left\n");
  CHECK(Run("target drain web-1 --at-most 1s").status == 2);
}

TEST_CASE_METHOD(AdminShell, "a target may be named like a command", "[cli]") {
  for (const std::string name : {"list", "target", "service", "drain"}) {
    Run("target drain " + name);
    CHECK(admin.state_request.target() == name);
  }
}

TEST_CASE_METHOD(AdminShell, "counters are shown with their labels in order", "[cli]") {
  admin.counters = From<v1::GetCountersResponse>(
      "samples { name: 'holdfast_drops_total' labels { key: 'worker' value: '0' }"
      " labels { key: 'reason' value: 'malformed' } value: 12345678901 }"
      "samples { name: 'holdfast_bytes_total' value: 4503599627370497 }"
      "samples { name: 'holdfast_up' value: 0.5 }");
  CHECK(Run("counters").out ==
        "COUNTER               VALUE             LABELS\n"
        "holdfast_drops_total  12345678901       reason=malformed,worker=0\n"
        "holdfast_bytes_total  4503599627370497\n"
        "holdfast_up           0.5\n");
  const Result json = Run("counters --json");
  CHECK(IsJson(json.out));
  CHECK(json.out == R"({"counters":[{"name":"holdfast_drops_total",)"
                    R"("labels":{"reason":"malformed","worker":"0"},"value":12345678901},)"
                    R"({"name":"holdfast_bytes_total","labels":{},"value":4503599627370497},)"
                    R"({"name":"holdfast_up","labels":{},"value":0.5}]})"
                    "\n");
}

TEST_CASE_METHOD(AdminShell, "counters sends the prefix", "[cli]") {
  Run("counters");
  CHECK(admin.counters_request.name_prefix().empty());
  Run("counters holdfast_worker");
  CHECK(admin.counters_request.name_prefix() == "holdfast_worker");
}

}  // namespace
}  // namespace holdfast::cli
