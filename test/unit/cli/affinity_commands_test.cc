// holdfastctl affinity: the request that is sent, what is printed, the status.
#include <catch2/catch.hpp>

#include "cli/shell.h"

namespace holdfast::cli {
namespace {

using Catch::Matchers::Contains;
using v1::EndAffinityRequest;
using v1::EndAffinityResponse;
using v1::StartAffinityRequest;
using v1::StartAffinityResponse;

constexpr char kWho[] = " --vip 192.0.2.1 --client 198.51.100.7 --target web-1 ";
constexpr char kWhoText[] = "vip: '192.0.2.1' protocol: PROTOCOL_TCP client: '198.51.100.7'";

TEST_CASE_METHOD(Shell, "start sends every field that is given", "[cli]") {
  const Result result =
      Run("affinity start --vip 192.0.2.1 --protocol udp --port 80 --port 443,8080 "
          "--client 198.51.100.0/24 --client-port 40000 --client-port 40001 --target web-1 "
          "--duration 1m30.5s");
  INFO(result.err);
  const auto expected = From<StartAffinityRequest>(
      "selector { vip: '192.0.2.1' protocol: PROTOCOL_UDP service_ports: [80, 443, 8080]"
      " client: '198.51.100.0' client_prefix_length: 24 client_ports: [40000, 40001] }"
      " target: 'web-1' duration { seconds: 90 nanos: 500000000 }");
  CHECK(Text(balancer.affinity.start_request) == Text(expected));
}

TEST_CASE_METHOD(Shell, "start leaves absent what is not given; the protocol is tcp", "[cli]") {
  Run(absl::StrCat("affinity start", kWho));
  const auto expected =
      From<StartAffinityRequest>(absl::StrCat("selector {", kWhoText, "} target: 'web-1'"));
  CHECK(Text(balancer.affinity.start_request) == Text(expected));
}

TEST_CASE_METHOD(Shell, "A16: ports and addresses go to the balancer as they are", "[cli]") {
  Run("affinity start --vip x --port 0,70000 --client ::1/200 --target ''");
  const auto expected = From<StartAffinityRequest>(
      "selector { vip: 'x' protocol: PROTOCOL_TCP service_ports: [0, 70000]"
      " client: '::1' client_prefix_length: 200 }");
  CHECK(Text(balancer.affinity.start_request) == Text(expected));
}

TEST_CASE_METHOD(Shell, "end sends every field that is given", "[cli]") {
  balancer.affinity.end_answer = From<EndAffinityResponse>("outcome: OUTCOME_ENDED");
  const Result result =
      Run(absl::StrCat("affinity end", kWho, "--port 80 --client-port 40000 --protocol tcp"));
  const auto expected = From<EndAffinityRequest>(absl::StrCat(
      "selector {", kWhoText, " service_ports: 80", " client_ports: 40000 } target: 'web-1'"));
  CHECK(Text(balancer.affinity.end_request) == Text(expected));
  CHECK(result.status == 0);
}

TEST_CASE_METHOD(Shell, "an answer is the outcome and its explanation", "[cli]") {
  balancer.affinity.start_answer = From<StartAffinityResponse>(
      "outcome: OUTCOME_STARTED explanation: 'new connections go to web-1'");
  const Result result = Run(absl::StrCat("affinity start", kWho));
  CHECK(result.status == 0);
  CHECK(result.out == "STARTED: new connections go to web-1\n");
  CHECK(result.err.empty());
}

TEST_CASE_METHOD(Shell, "the exit status of a start is that of its outcome", "[cli]") {
  struct Case {
    std::string outcome;
    int status = 0;
    bool warns = false;
  };
  const Case cases[] = {{"STARTED", 0, false},     {"RENEWED", 0, false},
                        {"COVERED", 0, true},      {"OWNED_BY_OTHER", 1, true},
                        {"NOT_A_TARGET", 1, true}, {"TABLE_FULL", 1, true},
                        {"UNSPECIFIED", 1, true}};
  for (const Case& one : cases) {
    balancer.affinity.start_answer = From<StartAffinityResponse>(
        absl::StrCat("explanation: 'because' outcome: OUTCOME_", one.outcome));
    const Result result = Run(absl::StrCat("affinity start", kWho));
    INFO(one.outcome);
    CHECK(result.status == one.status);
    CHECK((one.warns ? result.err : result.out) ==
          absl::StrCat(one.warns ? "holdfastctl: " : "", one.outcome, ": because\n"));
    CHECK((one.warns ? result.out : result.err).empty());
  }
}

TEST_CASE_METHOD(Shell, "the exit status of an end is that of its outcome", "[cli]") {
  const std::pair<std::string, int> cases[] = {
      {"ENDED", 0}, {"NOT_FOUND", 1}, {"NOT_ENDED_COVERED", 1}, {"OWNED_BY_OTHER", 1}};
  for (const auto& [outcome, status] : cases) {
    balancer.affinity.end_answer =
        From<EndAffinityResponse>(absl::StrCat("outcome: OUTCOME_", outcome));
    INFO(outcome);
    CHECK(Run(absl::StrCat("affinity end", kWho)).status == status);
  }
}

TEST_CASE_METHOD(Shell, "an outcome that is newer than the program is a refusal", "[cli]") {
  balancer.affinity.start_answer.set_outcome(static_cast<v1::Outcome>(99));
  const Result result = Run(absl::StrCat("affinity start --json", kWho));
  CHECK(result.status == 1);
  CHECK_THAT(result.out, Contains(R"("outcome":"99")"));
}

TEST_CASE_METHOD(Shell, "a start's JSON has the answer's fields, and a refusal is said", "[cli]") {
  balancer.affinity.start_answer = From<StartAffinityResponse>(
      "selector { vip: '192.0.2.1' protocol: PROTOCOL_TCP service_ports: 80 client: '198.51.100.7' "
      "}"
      " target: 'web-2' outcome: OUTCOME_OWNED_BY_OTHER explanation: 'it is \"web-1\"'"
      " conflict { service: 'web' protocol: PROTOCOL_TCP target: 'web-1' age { seconds: 1 }"
      " time_left { seconds: 59 } }");
  const Result result = Run(absl::StrCat("affinity start", kWho, "--json"));
  CHECK(result.status == 1);
  CHECK(IsJson(result.out));
  CHECK(result.out ==
        R"({"selector":{"vip":"192.0.2.1","protocol":"tcp","service_ports":[80],)"
        R"("client":"198.51.100.7","client_ports":[]},"target":"web-2",)"
        R"("outcome":"OWNED_BY_OTHER","explanation":"it is \"web-1\"",)"
        R"("conflict":{"service":"web","vip":"","protocol":"tcp","service_port":0,"client":"",)"
        R"("client_prefix_length":0,"client_port":0,"target":"web-1","age":"1s",)"
        R"("time_left":"59s","extend_on_connection":false,"hole":false}})"
        "\n");
  CHECK(result.err == "holdfastctl: OWNED_BY_OTHER: it is \"web-1\"\n");
}

const char* const kAffinities[] = {
    "service: 'web' vip: '192.0.2.1' protocol: PROTOCOL_TCP service_port: 80 client: '198.51.100.7'"
    " client_prefix_length: 32 client_port: 40000 target: 'web-1' age { seconds: 1 }"
    " time_left { seconds: 59 nanos: 900000000 }",
    "service: 'echo' vip: '192.0.2.1' protocol: PROTOCOL_UDP client: '10.1.0.0'"
    " client_prefix_length: 16 target: 'web-22' age {} time_left { seconds: 5400 }"};

TEST_CASE_METHOD(Shell, "list shows affinities in a table", "[cli]") {
  for (const char* text : kAffinities)
    balancer.affinity.affinities.push_back(From<v1::Affinity>(text));
  const Result result = Run("affinity list");
  CHECK(result.status == 0);
  CHECK(result.out ==
        "SERVICE  VIP        PROTOCOL  PORT   CLIENT        CLIENT PORT  TARGET  AGE  TIME LEFT\n"
        "echo     192.0.2.1  udp       every  10.1.0.0/16   any          web-22  0    1h30m\n"
        "web      192.0.2.1  tcp       80     198.51.100.7  40000        web-1   1s   59s\n");
}

TEST_CASE_METHOD(Shell, "list gives one JSON document, for none as well", "[cli]") {
  CHECK(Run("affinity list --json").out == "{\"affinities\":[]}\n");
  balancer.affinity.affinities.push_back(From<v1::Affinity>(kAffinities[0]));
  const Result result = Run("--json affinity list");
  CHECK(IsJson(result.out));
  CHECK(result.out ==
        R"({"affinities":[{"service":"web","vip":"192.0.2.1","protocol":"tcp","service_port":80,)"
        R"("client":"198.51.100.7","client_prefix_length":32,"client_port":40000,)"
        R"("target":"web-1","age":"1s","time_left":"59.900s","extend_on_connection":false,)"
        R"("hole":false}]})"
        "\n");
}

TEST_CASE_METHOD(Shell, "A12: list says who is not held", "[cli]") {
  balancer.affinity.affinities.push_back(
      From<v1::Affinity>(absl::StrCat(kAffinities[0], " hole: true")));
  CHECK_THAT(Run("affinity list").out, Contains("40000        not web-1  1s   59s\n"));
}

TEST_CASE_METHOD(Shell, "A12, A13, A19: flags go to the balancer", "[cli]") {
  Run(absl::StrCat("affinity start --extend-on-connection", kWho));
  CHECK(balancer.affinity.start_request.extend_on_connection());
  Run(absl::StrCat("affinity end --allow-partial", kWho));
  CHECK(balancer.affinity.end_request.allow_partial());
  CHECK_FALSE(balancer.affinity.end_request.include_narrower());
  Run(absl::StrCat("affinity end --include-narrower", kWho));
  CHECK(balancer.affinity.end_request.include_narrower());
}

TEST_CASE_METHOD(Shell, "list sends what narrows it", "[cli]") {
  Run("affinity list --service web --target web-1 --client 198.51.100.7");
  CHECK(Text(balancer.affinity.list_request) ==
        R"(service: "web" target: "web-1" client: "198.51.100.7")");
  Run("affinity list");
  CHECK(Text(balancer.affinity.list_request).empty());
}

TEST_CASE_METHOD(Shell, "a list that breaks off is an error, not a short list", "[cli]") {
  balancer.affinity.affinities.push_back(From<v1::Affinity>(kAffinities[0]));
  balancer.behaviour.status = {grpc::StatusCode::INTERNAL, "out of order"};
  const Result result = Run("affinity list");
  CHECK(result.status == 3);
  CHECK(result.out.empty());
}

}  // namespace
}  // namespace holdfast::cli
