// holdfastctl as a program: options, wrong command lines, a balancer that fails.
#include <catch2/catch.hpp>

#include "cli/shell.h"

namespace holdfast::cli {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

TEST_CASE_METHOD(Shell, "a wrong command line is refused with the value that is wrong", "[cli]") {
  const std::string who = "affinity start --vip 192.0.2.1 --client 198.51.100.7 --target web-1 ";
  const std::pair<std::string, std::string> cases[] = {
      {"", "subcommand is required"},
      {"affinity", "subcommand is required"},
      {"balance", "unknown: balance"},
      {"target list web-1", "web-1"},
      {"target drain", "NAME is required"},
      {"affinity start --client 198.51.100.7 --target web-1", "--vip is required"},
      {"affinity end --vip 192.0.2.1 --target web-1", "--client is required"},
      {"affinity end --vip 192.0.2.1 --client 198.51.100.7", "--target is required"},
      {"affinity end --duration 5s", "unknown: --duration 5s"},
      {"affinity begin", "unknown: begin"},
      {who + "--port abc", "--port: 'abc' is not a port"},
      {who + "--port 80,x", "--port: 'x' is not a port"},
      {who + "--port -1", "--port: '-1' is not a port"},
      {who + "--port ''", "--port: '' is not a port"},
      {who + "--client-port 1.5", "--client-port: '1.5' is not a port"},
      {who + "--protocol icmp", "icmp"},
      {who + "--duration 90", "--duration: '90' is not a duration"},
      {who + "--duration -5s", "--duration: '-5s' is not a duration"},
      {who + "--duration inf", "--duration: 'inf' is not a duration"},
      {"target list --timeout soon", "--timeout: 'soon' is not a duration"},
      {"affinity start --vip 192.0.2.1 --target web-1 --client 10.0.0.0/x", "'10.0.0.0/x' has no"},
  };
  for (const auto& [arguments, words] : cases) {
    const Result result = Run(arguments);
    INFO(arguments);
    CHECK(result.status == 2);
    CHECK(result.out.empty());
    CHECK_THAT(result.err, StartsWith("holdfastctl: ") && Contains(words));
  }
  CHECK(Text(balancer.affinity.start_request).empty());
}

TEST_CASE_METHOD(Shell, "the balancer's own words tell what is wrong with a value", "[cli]") {
  for (const auto code : {grpc::StatusCode::INVALID_ARGUMENT, grpc::StatusCode::NOT_FOUND}) {
    balancer.behaviour.status = {code, "no target is called 'web-9'"};
    const Result result = Run("target drain web-9");
    CHECK(result.status == 2);
    CHECK(result.err == "holdfastctl: no target is called 'web-9'\n");
  }
}

TEST_CASE_METHOD(Shell, "another error of the balancer is named", "[cli]") {
  balancer.behaviour.status = {grpc::StatusCode::INTERNAL, "it broke"};
  const Result result = Run("target list");
  CHECK(result.status == 3);
  CHECK_THAT(result.err, Contains("failed with INTERNAL: it broke"));
}

TEST_CASE_METHOD(Shell, "a balancer out of reach: the address, and what to do", "[cli]") {
  const Result result = Run("target list --server unix:/nowhere/control.sock");
  CHECK(result.status == 3);
  CHECK_THAT(result.err, StartsWith("holdfastctl: cannot reach the balancer at "
                                    "unix:/nowhere/control.sock: ") &&
                             Contains("Is holdfastd running? --server or HOLDFAST_SERVER"));
}

TEST_CASE_METHOD(Shell, "a balancer that does not answer is given up after the timeout", "[cli]") {
  balancer.behaviour.silent = true;
  for (const std::string command : {"target list", "affinity list"}) {
    const Result result = Run("--timeout 50ms " + command);
    CHECK(result.status == 3);
    CHECK_THAT(result.err, Contains("did not answer within 50ms") && Contains("--timeout"));
  }
}

TEST_CASE_METHOD(Shell, "--server goes before HOLDFAST_SERVER, anywhere in the line", "[cli]") {
  const std::string right = "--server " + balancer.unix_address();
  const std::string wrong = "HOLDFAST_SERVER=unix:/nowhere";
  CHECK(RunWith(wrong, right + " target list").status == 0);
  CHECK(RunWith(wrong, "target list " + right).status == 0);
  CHECK(RunWith("", "target " + right + " list").status == 0);
  CHECK(RunWith(wrong, "target list").status == 3);
}

TEST_CASE_METHOD(Shell, "a proxy for the web is not asked for the balancer", "[cli]") {
  const std::string proxy = "no_proxy= http_proxy=http://127.0.0.1:1 grpc_proxy=http://127.0.0.1:1";
  const Result result = RunWith(proxy, "target list --server " + balancer.tcp_address());
  INFO(result.err);
  CHECK(result.status == 0);
}

TEST_CASE_METHOD(Shell, "an answer may be larger than gRPC's four megabytes", "[cli]") {
  auto& first = *balancer.admin.targets.add_targets();
  first.set_name(std::string(5 << 20, 'x'));
  const Result result = Run("target list --json");
  CHECK(result.status == 0);
  CHECK(result.out.size() > (5 << 20));
}

TEST_CASE_METHOD(Shell, "--help documents the exit status; --version needs no balancer", "[cli]") {
  const Result help = Run("--help");
  CHECK(help.status == 0);
  CHECK_THAT(help.out, Contains("Exit status") && Contains("NOT_ENDED_COVERED"));
  const Result version = RunWith("", "--version");
  CHECK(version.status == 0);
  CHECK_THAT(version.out, StartsWith("holdfastctl 0."));
}

}  // namespace
}  // namespace holdfast::cli
