// holdfastctl explain.
#include <catch2/catch.hpp>

#include "cli/shell.h"

namespace holdfast::cli {
namespace {

struct ExplainShell : Shell {
  testing::FakeAdminService& admin = balancer.admin;
};

constexpr char kHeld[] =
    "service: 'web' worker: 1"
    " verdict { outcome: PACKET_OUTCOME_FORWARDED explanation: 'to target web-2'"
    "   way { step: 'affinity' target: 'web-2' } }"
    " findings { row: 'P1' answer: ROW_ANSWER_NONE explanation: 'not known' }"
    " findings { row: 'P2' answer: ROW_ANSWER_DECIDES target: 'web-2' explanation: 'held' }"
    " findings { row: 'P4' answer: ROW_ANSWER_NOT_REACHED target: 'web-1' explanation: 'ring' }";

TEST_CASE_METHOD(ExplainShell, "explain shows a line for each row, then the verdict", "[cli]") {
  admin.explanation = From<v1::ExplainResponse>(kHeld);
  const Result result = Run("explain --client 198.51.100.7:40000 --vip 192.0.2.1:80");
  CHECK(result.status == 0);
  CHECK(result.out ==
        "tcp 198.51.100.7:40000 > 192.0.2.1:80, received by worker 1: service web\n"
        "ROW  ANSWER       TARGET  WHY\n"
        "P1   NONE         -       not known\n"
        "P2   DECIDES      web-2   held\n"
        "P4   NOT_REACHED  web-1   ring\n"
        "FORWARDED: to target web-2\n");
  CHECK(Text(admin.explain_request) ==
        R"(client: "198.51.100.7" client_port: 40000 vip: "192.0.2.1" vip_port: 80 )"
        "protocol: PROTOCOL_TCP");
}

TEST_CASE_METHOD(ExplainShell, "explain sends which packet, and who receives it", "[cli]") {
  Run("explain --client 198.51.100.7:0 --vip 192.0.2.1:53 --protocol udp --packet data --worker 0");
  CHECK(Text(admin.explain_request) ==
        R"(client: "198.51.100.7" client_port: 0 vip: "192.0.2.1" vip_port: 53 )"
        "protocol: PROTOCOL_UDP packet: PACKET_KIND_DATA worker: 0");
  const std::string tuple = "explain --client 198.51.100.7:1 --vip 192.0.2.1:80 --packet ";
  for (const auto& [word, kind] :
       {std::pair{"syn", v1::PACKET_KIND_SYN}, std::pair{"data", v1::PACKET_KIND_DATA},
        std::pair{"fin", v1::PACKET_KIND_FIN}, std::pair{"rst", v1::PACKET_KIND_RST}}) {
    Run(tuple + word);
    CHECK(admin.explain_request.packet() == kind);
  }
}

TEST_CASE_METHOD(ExplainShell, "a packet that is dropped is an answer, too", "[cli]") {
  admin.explanation = From<v1::ExplainResponse>(
      "verdict { outcome: PACKET_OUTCOME_DROPPED drop_reason: 'no_service'"
      " explanation: 'dropped as no_service' }");
  const Result words = Run("explain --client 198.51.100.7:40000 --vip 192.0.2.1:22");
  CHECK(words.status == 0);
  CHECK(words.out ==
        "tcp 198.51.100.7:40000 > 192.0.2.1:22, received by worker 0: no service\n"
        "DROPPED: dropped as no_service\n");
  const Result json = Run("explain --client 198.51.100.7:40000 --vip 192.0.2.1:22 --json");
  CHECK(json.out == R"({"service":"","worker":0,"verdict":{"outcome":"DROPPED",)"
                    R"("explanation":"dropped as no_service","drop_reason":"no_service",)"
                    R"("reply":"","candidates":[]},"findings":[],"connections":[],"affinities":[]})"
                    "\n");
}

TEST_CASE_METHOD(ExplainShell, "an address without a port is refused before anything is asked",
                 "[cli]") {
  const Result result = Run("explain --client 198.51.100.7 --vip 192.0.2.1:80");
  CHECK(result.status == 2);
  CHECK(result.err.find("'198.51.100.7' has no port; write one as in 198.51.100.7:40000") !=
        std::string::npos);
  CHECK(Run("explain --client 198.51.100.7:x --vip 192.0.2.1:80").status == 2);
  CHECK(Run("explain --client 198.51.100.7:1").status == 2);
}

}  // namespace
}  // namespace holdfast::cli
