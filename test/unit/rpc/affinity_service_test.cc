#include "rpc/affinity_service.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>
#include <tuple>

#include "rpc/control_plane.h"

namespace holdfast {
namespace {

using testing::Call;

constexpr std::int64_t kFourHours = 4 * 60 * 60;

v1::AffinitySelector Web(std::vector<std::uint32_t> client_ports = {},
                         std::vector<std::uint32_t> service_ports = {}) {
  v1::AffinitySelector selector;
  selector.set_vip("192.0.2.1");
  selector.set_protocol(v1::PROTOCOL_TCP);
  selector.mutable_service_ports()->Add(service_ports.begin(), service_ports.end());
  selector.set_client("198.51.100.7");
  selector.mutable_client_ports()->Add(client_ports.begin(), client_ports.end());
  return selector;
}

// An application's view: it starts, ends and lists through real stubs.
struct Fixture : testing::ControlPlane {
  using ControlPlane::ControlPlane;

  grpc::Status TryStart(const v1::AffinitySelector& selector, const std::string& target,
                        std::int64_t seconds, v1::StartAffinityResponse* response) {
    v1::StartAffinityRequest request;
    *request.mutable_selector() = selector;
    request.set_target(target);
    if (seconds != 0) request.mutable_duration()->set_seconds(seconds);
    Call call;
    return stub->StartAffinity(&call, request, response);
  }
  v1::StartAffinityResponse Start(const v1::AffinitySelector& selector, const std::string& target,
                                  std::int64_t seconds = 0) {
    v1::StartAffinityResponse response;
    const grpc::Status status = TryStart(selector, target, seconds, &response);
    INFO(status.error_message());
    CHECK(status.ok());
    return response;
  }
  v1::EndAffinityResponse End(const v1::AffinitySelector& selector, const std::string& target) {
    v1::EndAffinityRequest request;
    *request.mutable_selector() = selector;
    request.set_target(target);
    Call call;
    v1::EndAffinityResponse response;
    CHECK(stub->EndAffinity(&call, request, &response).ok());
    return response;
  }
  grpc::Status TryList(const v1::ListAffinitiesRequest& request,
                       std::vector<v1::Affinity>& listed) {
    Call call;
    const auto reader = stub->ListAffinities(&call, request);
    for (v1::ListAffinitiesResponse response; reader->Read(&response);)
      listed.push_back(response.affinity());
    return reader->Finish();
  }
  std::vector<v1::Affinity> List(const v1::ListAffinitiesRequest& request = {}) {
    std::vector<v1::Affinity> listed;
    CHECK(TryList(request, listed).ok());
    return listed;
  }
  // 1152 cells of web-1: nine clients, 64 ports each, at both ports of "web".
  void StartMany() {
    std::vector<std::uint32_t> ports(64);
    std::iota(ports.begin(), ports.end(), 1001);
    for (int host = 1; host <= 9; ++host) {
      v1::AffinitySelector selector = Web(ports, {80, 443});
      selector.set_client("10.1.0." + std::to_string(host));
      REQUIRE(Start(selector, "web-1").outcome() == v1::OUTCOME_STARTED);
    }
  }

  std::unique_ptr<v1::AffinityService::Stub> stub =
      v1::AffinityService::NewStub(Connect(unix_address));
};

TEST_CASE_METHOD(Fixture, "A1: when a start is answered, every worker follows it", "[rpc]") {
  const auto answer = Start(Web({40000}, {80}), "web-2", 90);
  CHECK(FollowedTo(40000, 80) == "web-2");
  CHECK(FollowedTo(40000, 443).empty());
  CHECK(answer.outcome() == v1::OUTCOME_STARTED);
  CHECK(answer.granted_duration().seconds() == 90);
  CHECK(answer.selector().SerializeAsString() == Web({40000}, {80}).SerializeAsString());
  CHECK(answer.target() == "web-2");
  CHECK(answer.explanation() ==
        "new connections of client 198.51.100.7 port 40000 at 192.0.2.1 tcp port 80 go to target "
        "'web-2' for 1m30s");
  CHECK_FALSE(answer.has_conflict());
}

TEST_CASE_METHOD(Fixture, "A1: starts come by TCP as by the Unix socket", "[rpc]") {
  stub = v1::AffinityService::NewStub(Connect(tcp_address));
  CHECK(Start(Web(), "web-3").outcome() == v1::OUTCOME_STARTED);
  CHECK(FollowedTo(1, 443) == "web-3");
}

TEST_CASE_METHOD(Fixture, "A2: a start by the owner restarts the clock", "[rpc]") {
  Start(Web(), "web-2", 60);
  clock.Advance(absl::Milliseconds(29'500));
  REQUIRE(List().size() == 1);
  CHECK(List()[0].age().seconds() == 29);
  CHECK(List()[0].age().nanos() == 500'000'000);
  CHECK(List()[0].time_left().seconds() == 30);
  const auto answer = Start(Web(), "web-2", 60);
  CHECK(answer.outcome() == v1::OUTCOME_RENEWED);
  CHECK(answer.granted_duration().seconds() == 60);
  CHECK(List()[0].time_left().seconds() == 60);
}

TEST_CASE_METHOD(Fixture, "A3: a start of another's affinity changes nothing and names the holder",
                 "[rpc]") {
  Start(Web({40000}), "web-1", 60);
  const auto answer = Start(Web({40000}), "web-2", 60);
  CHECK(answer.outcome() == v1::OUTCOME_OWNED_BY_OTHER);
  CHECK_FALSE(answer.has_granted_duration());
  CHECK(answer.conflict().service() == "web");
  CHECK(answer.conflict().vip() == "192.0.2.1");
  CHECK(answer.conflict().protocol() == v1::PROTOCOL_TCP);
  CHECK(answer.conflict().service_port() == 0);
  CHECK(answer.conflict().client() == "198.51.100.7");
  CHECK(answer.conflict().client_prefix_length() == 32);
  CHECK(answer.conflict().client_port() == 40000);
  CHECK(answer.conflict().target() == "web-1");
  CHECK(answer.conflict().time_left().seconds() == 60);
  CHECK(FollowedTo(40000, 80) == "web-1");
}

TEST_CASE_METHOD(Fixture, "A4, A12: parts of a wider affinity name the wider one", "[rpc]") {
  Start(Web(), "web-1");
  const auto start = Start(Web({40000}), "web-1");
  CHECK(start.outcome() == v1::OUTCOME_COVERED);
  CHECK(start.conflict().client_port() == 0);
  const auto end = End(Web({40000}), "web-1");
  CHECK(end.outcome() == v1::OUTCOME_NOT_ENDED_COVERED);
  CHECK(end.conflict().client_port() == 0);
  CHECK(FollowedTo(40000, 80) == "web-1");
}

TEST_CASE_METHOD(Fixture, "A7: a start for what the target does not serve says so", "[rpc]") {
  const auto answer = Start(Web({}, {8080}), "web-1");
  CHECK(answer.outcome() == v1::OUTCOME_NOT_A_TARGET);
  CHECK(answer.explanation() ==
        "target 'web-1' does not serve 192.0.2.1 tcp port 8080; nothing changed");
  CHECK(Start(Web(), "web-9").outcome() == v1::OUTCOME_NOT_A_TARGET);
  CHECK(List().empty());
}

TEST_CASE("A9: a start without room is answered, not failed", "[rpc]") {
  Fixture fixture(1);
  CHECK(fixture.Start(Web({1, 2}), "web-1").outcome() == v1::OUTCOME_TABLE_FULL);
  CHECK(fixture.FollowedTo(1, 80).empty());
}

TEST_CASE_METHOD(Fixture, "A11: when an end is answered, every worker balances again", "[rpc]") {
  Start(Web({}, {443}), "web-2");
  REQUIRE(FollowedTo(40000, 443) == "web-2");
  const auto answer = End(Web({}, {443}), "web-2");
  CHECK(FollowedTo(40000, 443).empty());
  CHECK(answer.outcome() == v1::OUTCOME_ENDED);
  CHECK(answer.target() == "web-2");
  CHECK(answer.selector().service_ports(0) == 443);
  CHECK(List().empty());
}

TEST_CASE_METHOD(Fixture, "A14: an end that matches nothing is an answer, not an error", "[rpc]") {
  const auto answer = End(Web(), "web-2");
  CHECK(answer.outcome() == v1::OUTCOME_NOT_FOUND);
  CHECK(answer.explanation() ==
        "target 'web-2' holds no affinity of client 198.51.100.7 at 192.0.2.1 tcp with all of "
        "these ports; nothing changed");
}

TEST_CASE_METHOD(Fixture, "A15: an end of another's affinity changes nothing", "[rpc]") {
  Start(Web(), "web-1");
  const auto answer = End(Web(), "web-2");
  CHECK(answer.outcome() == v1::OUTCOME_OWNED_BY_OTHER);
  CHECK(answer.conflict().target() == "web-1");
  CHECK(FollowedTo(40000, 80) == "web-1");
}

TEST_CASE_METHOD(Fixture, "S: a load report is granted, or told what is wrong with it", "[rpc]") {
  const auto report = [this](const std::string& target, std::uint32_t capacity,
                             v1::ReportLoadResponse* response) {
    v1::ReportLoadRequest request;
    request.set_target(target);
    request.set_capacity(capacity);
    request.mutable_valid_for()->set_seconds(20);
    Call call;
    return stub->ReportLoad(&call, request, response);
  };
  v1::ReportLoadResponse response;
  CHECK(report("web-1", 250'000, &response).ok());
  CHECK(response.granted().seconds() == 20);
  CHECK(response.services().empty());  // both are maglev
  CHECK(report("web-9", 1, &response).error_code() == grpc::StatusCode::NOT_FOUND);
  const grpc::Status status = report("web-1", 1'000'001, &response);
  CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(status.error_message() ==
        "capacity: 1000001: is 0 to 1000000, of what the target is made for");
}

TEST_CASE_METHOD(Fixture, "A16: a malformed request is INVALID_ARGUMENT and changes nothing",
                 "[rpc]") {
  v1::StartAffinityResponse response;
  const auto status = TryStart(Web({}, {80, 443, 0}), "web-1", 60, &response);
  CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(status.error_message() == "selector.service_ports[2]: 0: a port is 1 to 65535");
  CHECK(TryStart(Web(), "web-1", -1, &response).error_message() ==
        "duration: -1 s and 0 ns: must not be negative");
  Call call;
  v1::EndAffinityResponse end;
  CHECK(stub->EndAffinity(&call, {}, &end).error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(List().empty());
}

TEST_CASE_METHOD(Fixture, "A17: without a duration the longest is granted, and said", "[rpc]") {
  CHECK(Start(Web({1}), "web-1").granted_duration().seconds() == kFourHours);
  CHECK(Start(Web({2}), "web-1", kFourHours + 1).granted_duration().seconds() == kFourHours);
  CHECK(Start(Web({3}), "web-1", kFourHours - 1).granted_duration().seconds() == kFourHours - 1);
}

TEST_CASE_METHOD(Fixture, "A18: when the duration has run out, every worker balances again",
                 "[rpc]") {
  Start(Web(), "web-2", 10);
  clock.Advance(absl::Seconds(10));
  OnLoopThread([this] { CHECK(affinities->ExpireDue(10) == 1); });
  CHECK(FollowedTo(40000, 80).empty());
  CHECK(List().empty());
  CHECK(End(Web(), "web-2").outcome() == v1::OUTCOME_NOT_FOUND);
}

TEST_CASE_METHOD(Fixture, "a list of many pages has each cell once, in order", "[rpc]") {
  StartMany();
  const auto listed = List();
  REQUIRE(listed.size() == 1152);
  std::vector<std::tuple<IpAddress, std::uint32_t, std::uint32_t>> cells;
  for (const v1::Affinity& affinity : listed)
    cells.emplace_back(testing::Address(affinity.client().c_str()), affinity.client_port(),
                       affinity.service_port());
  CHECK(std::is_sorted(cells.begin(), cells.end()));
  CHECK(std::adjacent_find(cells.begin(), cells.end()) == cells.end());
}

TEST_CASE_METHOD(Fixture, "a list is narrowed by service, target and client", "[rpc]") {
  StartMany();
  Start(Web({40000}), "web-2");
  v1::AffinitySelector dns = Web();
  dns.set_protocol(v1::PROTOCOL_UDP);
  Start(dns, "web-1");

  v1::ListAffinitiesRequest request;
  request.set_service("dns");
  REQUIRE(List(request).size() == 1);
  CHECK(List(request)[0].protocol() == v1::PROTOCOL_UDP);
  request.set_service("web");
  CHECK(List(request).size() == 1153);
  request.set_target("web-2");
  REQUIRE(List(request).size() == 1);
  CHECK(List(request)[0].client_port() == 40000);
  request.Clear();
  request.set_client("198.51.100.7");
  CHECK(List(request).size() == 2);
  request.set_target("web-3");
  CHECK(List(request).empty());
}

TEST_CASE_METHOD(Fixture, "a list of what is not configured names it and what is", "[rpc]") {
  std::vector<v1::Affinity> listed;
  v1::ListAffinitiesRequest request;
  request.set_service("ftp");
  grpc::Status status = TryList(request, listed);
  CHECK(status.error_code() == grpc::StatusCode::NOT_FOUND);
  CHECK(status.error_message() == "no service is called 'ftp'; there are: dns, web");
  request.set_service("web");
  request.set_target("web-9");
  status = TryList(request, listed);
  CHECK(status.error_code() == grpc::StatusCode::NOT_FOUND);
  CHECK(status.error_message() == "no target is called 'web-9'; there are: web-1, web-2, web-3");
  request.set_client("x");
  status = TryList(request, listed);
  CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(status.error_message() == "client: 'x': must be an IPv4 or IPv6 address");
}

TEST_CASE_METHOD(Fixture, "a list that nobody reads to its end is given up", "[rpc]") {
  StartMany();
  Call call;
  const auto reader = stub->ListAffinities(&call, {});
  v1::ListAffinitiesResponse response;
  REQUIRE(reader->Read(&response));
  call.TryCancel();
  CHECK(reader->Finish().error_code() == grpc::StatusCode::CANCELLED);
  CHECK(List().size() == 1152);
}

TEST_CASE_METHOD(Fixture, "when the loop has stopped, every call says that nothing has changed",
                 "[rpc]") {
  StopLoop();
  v1::StartAffinityResponse response;
  grpc::Status status = TryStart(Web(), "web-1", 60, &response);
  CHECK(status.error_code() == grpc::StatusCode::UNAVAILABLE);
  CHECK(status.error_message() == "the balancer is stopping; nothing has changed");
  std::vector<v1::Affinity> listed;
  status = TryList({}, listed);
  CHECK(status.error_code() == grpc::StatusCode::UNAVAILABLE);
  CHECK(listed.empty());
}

}  // namespace
}  // namespace holdfast
