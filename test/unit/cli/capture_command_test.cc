// holdfastctl capture.
#include <catch2/catch.hpp>

#include "cli/shell.h"

namespace holdfast::cli {
namespace {

constexpr char kStarted[] = "started { ports { name: 'lan0' mac: '02:00:00:00:00:01' } snap: 128 }";
constexpr char kPacket[] =
    "packet { received { seconds: 1700000000 nanos: 1000 } worker: 1 port: 'lan0' length: 60"
    "  data: '\\001\\377' flow: 'tcp 198.51.100.7:40000 > 192.0.2.1:80 SYN'"
    "  verdict { outcome: PACKET_OUTCOME_FORWARDED explanation: 'forwarded to web-2' } }";
constexpr char kLine[] =
    "22:13:20.000001 worker 1 lan0 tcp 198.51.100.7:40000 > 192.0.2.1:80 SYN: forwarded to web-2\n";

struct CaptureShell : Shell {
  testing::FakeAdminService& admin = balancer.admin;

  void Send(const std::vector<std::string>& responses) {
    for (const std::string& response : responses)
      admin.captured.push_back(From<v1::CaptureResponse>(response));
  }
  Result RunAtGreenwich(const std::string& arguments) {
    return RunWith("TZ=UTC HOLDFAST_SERVER=" + balancer.unix_address(), arguments);
  }
};

TEST_CASE_METHOD(CaptureShell, "capture prints a line for each packet, and how many", "[cli]") {
  Send({kStarted, kPacket, kPacket,
        "ended { reason: CAPTURE_END_REASON_COUNT packets: 2 lost: 7 }"});
  const Result result = RunAtGreenwich("capture");
  CHECK(result.status == 0);
  CHECK(result.out == std::string(kLine) + kLine);
  CHECK(result.err ==
        "holdfastctl: 2 packets; 7 more matched and were lost: they came faster than they could "
        "be written\n");
  CHECK(Text(admin.capture_request).empty());
}

TEST_CASE_METHOD(CaptureShell, "capture sends the filter and the limits", "[cli]") {
  CHECK(Run("capture --client 198.51.100.0/24 --vip 192.0.2.1 --port 80 --protocol icmp"
            " --drop-reason tcp_flags --worker 0 --snap 64 --count 5 --for 1m30s")
            .status == 0);
  CHECK(Text(admin.capture_request) ==
        R"(client: "198.51.100.0/24" vip: "192.0.2.1" port: 80 protocol: CAPTURE_PROTOCOL_ICMP )"
        R"(drop_reason: "tcp_flags" worker: 0 snap: 64 count: 5 duration { seconds: 90 })");
  CHECK(Run("capture --drops-only").status == 0);
  CHECK(Text(admin.capture_request) == "drops_only: true");
}

TEST_CASE_METHOD(CaptureShell, "capture writes a pcapng file, or stdout", "[cli]") {
  Send({kStarted, kPacket});
  const std::string file = directory.path() + "/why.pcapng";
  const Result result = Run("capture --write " + file);
  CHECK(result.status == 0);
  CHECK(result.out.empty());
  CHECK(result.err == "holdfastctl: 1 packets\n");
  std::ifstream in(file);
  const std::string written = TextOf(in);
  CHECK(written.starts_with("\x0a\x0d\x0d\x0a"));
  CHECK(written.find("forwarded to web-2") != std::string::npos);
  CHECK(Run("capture --write -").out == written);

  const Result refused = Run("capture --write /nowhere/why.pcapng");
  CHECK(refused.status == 2);
  CHECK(refused.err ==
        "holdfastctl: '/nowhere/why.pcapng' cannot be written: No such file or directory\n");
}

TEST_CASE_METHOD(CaptureShell, "capture --json prints a document for each packet", "[cli]") {
  Send({kStarted, kPacket});
  const Result result = Run("capture --json");
  CHECK(IsJson(result.out));
  CHECK_THAT(result.out, Catch::Contains(R"("received":"2023-11-14T22:13:20.000001Z")"));
  CHECK_THAT(result.out, Catch::Contains(R"("data":"Af8=")"));
}

TEST_CASE_METHOD(CaptureShell, "capture says when somebody else captures, or nothing can be",
                 "[cli]") {
  balancer.behaviour.status = {grpc::StatusCode::RESOURCE_EXHAUSTED, "unix: captures since noon"};
  const Result taken = Run("capture");
  CHECK(taken.status == 1);
  CHECK(taken.err == "holdfastctl: unix: captures since noon\n");
  balancer.behaviour.status = {grpc::StatusCode::INVALID_ARGUMENT, "vip: 'x': must be"};
  CHECK(Run("capture --vip x").status == 2);
  for (const char* wrong : {"--port 0", "--snap 13", "--count 0", "--count 1000001", "--for 0s",
                            "--protocol gre", "--drops-only --drop-reason arp", "--for -3s"}) {
    CAPTURE(wrong);
    CHECK(Run(std::string("capture ") + wrong).status == 2);
  }
}

TEST_CASE_METHOD(CaptureShell, "Ctrl-C ends a capture, and what came is there", "[cli]") {
  Send({kStarted, kPacket});
  balancer.behaviour.silent = true;
  const Result result =
      RunUntilItPrints("TZ=UTC HOLDFAST_SERVER=" + balancer.unix_address(), "capture");
  CHECK(result.out == kLine);
  CHECK(result.err == "holdfastctl: 1 packets\n");
  CHECK(result.status == 0);
}

}  // namespace
}  // namespace holdfast::cli
