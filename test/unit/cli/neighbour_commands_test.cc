// holdfastctl neighbour, vip.
#include <catch2/catch.hpp>

#include "cli/shell.h"

namespace holdfast::cli {
namespace {

struct AdminShell : Shell {
  testing::FakeAdminService& admin = balancer.admin;
};

constexpr char kNeighbours[] =
    "neighbours { address: '10.0.0.11' port: 'lan0' state: NEIGHBOUR_STATE_REACHABLE"
    " mac: '02:00:00:00:00:11' age { seconds: 7 } targets: 'web-1' }"
    "neighbours { address: '10.0.0.254' port: 'lan0' state: NEIGHBOUR_STATE_FAILED"
    " age { seconds: 75 } targets: ['web-2', 'web-3'] }";

TEST_CASE_METHOD(AdminShell, "neighbour list shows who answers, and whose next hop it is",
                 "[cli]") {
  admin.neighbours = From<v1::ListNeighboursResponse>(kNeighbours);
  const Result result = Run("neighbour list");
  CHECK(result.status == 0);
  CHECK(result.out ==
        "ADDRESS     PORT  STATE      MAC                AGE    TARGETS\n"
        "10.0.0.11   lan0  REACHABLE  02:00:00:00:00:11  7s     web-1\n"
        "10.0.0.254  lan0  FAILED     unresolved         1m15s  web-2,web-3\n");
  const Result json = Run("neighbour list --json");
  CHECK(IsJson(json.out));
  CHECK(json.out.find(R"("state":"FAILED","mac":"")") != std::string::npos);
}

TEST_CASE_METHOD(AdminShell, "neighbour flush names the address", "[cli]") {
  const Result result = Run("neighbour flush 10.0.0.254");
  CHECK(result.status == 0);
  CHECK(result.out == "neighbour 10.0.0.254 is asked for anew\n");
  CHECK(admin.flush_request.address() == "10.0.0.254");
  CHECK(Run("neighbour flush").status == 2);
}

TEST_CASE_METHOD(AdminShell, "vip announce tells what is announced, and where", "[cli]") {
  admin.announced = From<v1::AnnounceVipsResponse>(
      "announced { address: '192.0.2.1' port: 'lan0' }"
      "announced { address: '192.0.2.1' port: 'lan1' }");
  const Result result = Run("vip announce 192.0.2.1");
  CHECK(result.status == 0);
  CHECK(result.out ==
        "ANNOUNCED  PORT\n"
        "192.0.2.1  lan0\n"
        "192.0.2.1  lan1\n");
  CHECK(admin.announce_request.vip() == "192.0.2.1");
  Run("vip announce");
  CHECK(admin.announce_request.vip().empty());
}

TEST_CASE_METHOD(AdminShell, "a VIP that only routers know is not announced", "[cli]") {
  const Result result = Run("vip announce 203.0.113.1");
  CHECK(result.status == 0);
  CHECK(result.out ==
        "203.0.113.1 is in no port's subnet: its routers send it by an own address\n");
}

}  // namespace
}  // namespace holdfast::cli
