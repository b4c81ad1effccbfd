// holdfastctl config.
#include <catch2/catch.hpp>
#include <fstream>

#include "cli/shell.h"

namespace holdfast::cli {
namespace {

struct ConfigShell : Shell {
  ConfigShell() { std::ofstream(file) << "ring_seed: 7\n"; }
  testing::FakeAdminService& admin = balancer.admin;
  const std::string file = directory.path() + "/b.yaml";
};

TEST_CASE_METHOD(ConfigShell, "config apply sends the file and shows what changed", "[cli]") {
  admin.config_answer = From<v1::ConfigChange>(
      "outcome: CONFIG_OUTCOME_APPLIED explanation: '2 changes applied; 0 affinities ended'"
      " changes: ['target web-9: removed', 'service web: ports 80 -> 80, 443']");
  const Result result = Run("config apply " + file);
  CHECK(result.status == 0);
  CHECK(result.out ==
        "target web-9: removed\n"
        "service web: ports 80 -> 80, 443\n"
        "APPLIED: 2 changes applied; 0 affinities ended\n");
  CHECK(result.err.empty());
  CHECK(admin.config_request.text() == "ring_seed: 7\n");
  CHECK(admin.config_request.file() == file);
  CHECK_FALSE(admin.config_request.dry_run());
}

TEST_CASE_METHOD(ConfigShell, "a dry run asks for one", "[cli]") {
  admin.config_answer = From<v1::ConfigChange>(
      "outcome: CONFIG_OUTCOME_WOULD_APPLY explanation: '1 change can be applied'"
      " changes: 'target web-9: removed'");
  const Result result = Run("config apply --dry-run " + file);
  CHECK(result.status == 0);
  CHECK(result.out ==
        "target web-9: removed\n"
        "WOULD_APPLY: 1 change can be applied\n");
  CHECK(admin.config_request.dry_run());
}

TEST_CASE_METHOD(ConfigShell, "mistakes are shown one by one, and the request was wrong", "[cli]") {
  admin.config_answer = From<v1::ConfigChange>(
      "outcome: CONFIG_OUTCOME_MISTAKES explanation: '2 mistakes; nothing has changed'"
      " mistakes: ['b.yaml:1: ports: must have at least one port', 'b.yaml:2: x: unknown key']");
  const Result result = Run("config apply " + file);
  CHECK(result.status == 2);
  CHECK(result.out.empty());
  CHECK(result.err ==
        "b.yaml:1: ports: must have at least one port\n"
        "b.yaml:2: x: unknown key\n"
        "holdfastctl: MISTAKES: 2 mistakes; nothing has changed\n");
}

TEST_CASE_METHOD(ConfigShell, "what needs a restart, or has no room, is refused", "[cli]") {
  for (const std::string outcome : {"NEEDS_RESTART", "NO_ROOM"}) {
    admin.config_answer = From<v1::ConfigChange>("outcome: CONFIG_OUTCOME_" + outcome +
                                                 " explanation: 'nothing has changed'");
    const Result result = Run("config apply " + file);
    CHECK(result.status == 1);
    CHECK(result.err == "holdfastctl: " + outcome + ": nothing has changed\n");
  }
}

TEST_CASE_METHOD(ConfigShell, "what holds already is done", "[cli]") {
  admin.config_answer =
      From<v1::ConfigChange>("outcome: CONFIG_OUTCOME_UNCHANGED explanation: 'no difference'");
  const Result result = Run("config apply " + file);
  CHECK(result.status == 0);
  CHECK(result.out == "UNCHANGED: no difference\n");
}

TEST_CASE_METHOD(ConfigShell, "the answer in JSON is the whole answer", "[cli]") {
  admin.config_answer = From<v1::ConfigChange>(
      "outcome: CONFIG_OUTCOME_NEEDS_RESTART explanation: 'no' needs_restart: 'ring_seed: 0 -> 7'"
      " changes: 'target web-9: removed'");
  const Result result = Run("config apply --json " + file);
  CHECK(result.status == 1);
  CHECK(IsJson(result.out));
  CHECK(result.out ==
        R"({"outcome":"NEEDS_RESTART","explanation":"no","changes":["target web-9: removed"],)"
        R"("needs_restart":["ring_seed: 0 -\u003e 7"],"mistakes":[],"affinities_ended":0})"
        "\n");
}

TEST_CASE_METHOD(ConfigShell, "a file that cannot be read is said, and nobody is asked", "[cli]") {
  for (const std::string& wrong : {directory.path() + "/nothing.yaml", directory.path()}) {
    const Result result = Run("config apply " + wrong);
    CHECK(result.status == 2);
    CHECK(result.err == "holdfastctl: '" + wrong + "' is no file that can be read\n");
  }
  CHECK(admin.config_request.file().empty());
  CHECK(Run("config apply").status == 2);
}

}  // namespace
}  // namespace holdfast::cli
