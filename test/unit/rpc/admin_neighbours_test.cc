// AdminService: neighbours.
#include <catch2/catch.hpp>

#include "rpc/admin_service.h"
#include "rpc/control_plane.h"

namespace holdfast {
namespace {

using testing::Address;
using testing::Call;

struct Fixture : testing::ControlPlane {
  Fixture() {
    neighbourhood.neighbours = {
        {.address = Address("10.0.0.254"),
         .port = PortIndex{0},
         .state = NeighbourState::kStale,
         .mac = MacAddress{{2, 0, 0, 0, 0, 0xfe}},
         .age = absl::Milliseconds(21500),
         .targets = {*directory.FindTarget("web-2"), *directory.FindTarget("web-1")}}};
  }
  grpc::Status Flush(const char* address) {
    v1::FlushNeighbourRequest request;
    request.set_address(address);
    v1::FlushNeighbourResponse response;
    Call call;
    return stub->FlushNeighbour(&call, request, &response);
  }
  grpc::Status Announce(const char* vip, v1::AnnounceVipsResponse* response) {
    v1::AnnounceVipsRequest request;
    request.set_vip(vip);
    Call call;
    return stub->AnnounceVips(&call, request, response);
  }
  std::unique_ptr<v1::AdminService::Stub> stub = v1::AdminService::NewStub(Connect(tcp_address));
};

TEST_CASE_METHOD(Fixture, "a neighbour is listed with its port, state and targets", "[rpc]") {
  v1::ListNeighboursResponse response;
  Call call;
  REQUIRE(stub->ListNeighbours(&call, {}, &response).ok());
  REQUIRE(response.neighbours_size() == 1);
  CHECK(response.neighbours(0).ShortDebugString() ==
        R"(address: "10.0.0.254" port: "lan0" state: NEIGHBOUR_STATE_STALE )"
        R"(mac: "02:00:00:00:00:fe" age { seconds: 21 nanos: 500000000 } )"
        R"(targets: "web-1" targets: "web-2")");
}

TEST_CASE_METHOD(Fixture, "a neighbour is flushed by its address", "[rpc]") {
  CHECK(Flush("10.0.0.254").ok());
  CHECK(neighbourhood.flushed == Address("10.0.0.254"));
  CHECK(Flush("2001:db8::1").ok());
  const grpc::Status wrong = Flush("10.0.0.300");
  CHECK(wrong.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(wrong.error_message() == "address: '10.0.0.300': must be an IPv4 or IPv6 address");
  neighbourhood.answer = absl::NotFoundError("nobody");
  CHECK(Flush("10.0.0.9").error_code() == grpc::StatusCode::NOT_FOUND);
}

TEST_CASE_METHOD(Fixture, "one VIP or all are announced", "[rpc]") {
  v1::AnnounceVipsResponse response;
  REQUIRE(Announce("192.0.2.1", &response).ok());
  CHECK(neighbourhood.announced == Address("192.0.2.1"));
  CHECK(response.ShortDebugString() == R"(announced { address: "192.0.2.1" port: "lan0" })");
  REQUIRE(Announce("", &response).ok());
  CHECK_FALSE(neighbourhood.announced);
  CHECK(Announce("web", &response).error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  neighbourhood.answer = absl::NotFoundError("no VIP");
  CHECK(Announce("192.0.2.9", &response).error_code() == grpc::StatusCode::NOT_FOUND);
}

}  // namespace
}  // namespace holdfast
