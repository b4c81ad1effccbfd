#include "rpc/control_server.h"

#include <grpcpp/generic/generic_stub.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "rpc/control_plane.h"

namespace holdfast {
namespace {

using testing::Address;
using testing::Call;
using testing::ControlPlane;
using testing::OnTcp;
using testing::OnUnix;
using testing::TemporaryDirectory;

// Sends bytes to a method whose messages we have no code for, and returns its
// answer's bytes.
grpc::Status CallWithBytes(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                           const std::string& request, std::string& answer) {
  const grpc::Slice slice(request);
  const grpc::ByteBuffer sent(&slice, 1);
  grpc::ByteBuffer received;
  grpc::GenericStub stub(channel);
  Call call;
  std::promise<grpc::Status> done;
  stub.UnaryCall(&call, method, {}, &sent, &received,
                 [&](grpc::Status status) { done.set_value(std::move(status)); });
  grpc::Status status = done.get_future().get();
  std::vector<grpc::Slice> slices;
  if (status.ok() && received.Dump(&slices).ok())
    for (const grpc::Slice& part : slices)
      answer.append(reinterpret_cast<const char*>(part.begin()), part.size());
  return status;
}

grpc::Status ListServices(const std::shared_ptr<grpc::Channel>& channel) {
  Call call;
  v1::ListServicesResponse response;
  return v1::AdminService::NewStub(channel)->ListServices(&call, {}, &response);
}

// What a second server on `listen` is told.
absl::Status StartAnother(ControlPlane& plane, const config::ListenAddress& listen) {
  return ControlServer::Start({{listen}, false}, plane.Parts()).status();
}

TEST_CASE_METHOD(ControlPlane, "health is SERVING on every address", "[rpc]") {
  for (const auto& address : {unix_address, tcp_address}) {
    std::string answer;
    REQUIRE(CallWithBytes(Connect(address), "/grpc.health.v1.Health/Check", "", answer).ok());
    CHECK(answer == "\x08\x01");  // status = SERVING
  }
}

TEST_CASE_METHOD(ControlPlane, "reflection lists the services", "[rpc]") {
  std::string answer;
  const std::string list_services("\x3a\x00", 2);  // list_services = ""
  REQUIRE(CallWithBytes(Connect(unix_address),
                        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                        list_services, answer)
              .ok());
  for (const char* service :
       {"holdfast.v1.AffinityService", "holdfast.v1.AdminService", "grpc.health.v1.Health"})
    CHECK(answer.find(service) != std::string::npos);
}

TEST_CASE_METHOD(ControlPlane, "a message above 4 MiB is refused", "[rpc]") {
  v1::GetCountersRequest request;
  request.set_name_prefix(std::string(5'000'000, 'x'));
  Call call;
  v1::GetCountersResponse response;
  const auto status =
      v1::AdminService::NewStub(Connect(unix_address))->GetCounters(&call, request, &response);
  CHECK(status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  CHECK(ListServices(Connect(unix_address)).ok());
}

TEST_CASE_METHOD(ControlPlane, "a Unix socket is for its owner and group, and goes with the server",
                 "[rpc]") {
  struct stat file {};
  REQUIRE(lstat(unix_address.unix_path.c_str(), &file) == 0);
  CHECK(S_ISSOCK(file.st_mode));
  CHECK((file.st_mode & 0777) == 0660);
  server->Stop();
  CHECK_FALSE(std::filesystem::exists(unix_address.unix_path));
}

TEST_CASE_METHOD(ControlPlane, "after Stop nothing is served, and the addresses are free",
                 "[rpc]") {
  const auto channel = Connect(tcp_address);
  REQUIRE(ListServices(channel).ok());
  server->Stop();
  CHECK(ListServices(channel).error_code() == grpc::StatusCode::UNAVAILABLE);
  server->Stop();
  for (const auto& address : {unix_address, tcp_address}) CHECK(StartAnother(*this, address).ok());
}

TEST_CASE_METHOD(ControlPlane, "Stop does not wait for a loop that does not run", "[rpc]") {
  ManagementLoop never_run(clock);
  auto parts = Parts();
  parts.loop = &never_run;
  const auto address = OnUnix(files / "never.sock");
  auto stuck = ControlServer::Start({{address}, false}, parts).value();
  const auto channel = Connect(address);
  Call call;
  const auto waiting = v1::AffinityService::NewStub(channel)->ListAffinities(&call, {});
  // The same connection: when this is answered, the call before it has arrived.
  std::string health;
  REQUIRE(CallWithBytes(channel, "/grpc.health.v1.Health/Check", "", health).ok());
  stuck->Stop();
  v1::ListAffinitiesResponse response;
  CHECK_FALSE(waiting->Read(&response));
  CHECK_FALSE(waiting->Finish().ok());
}

TEST_CASE_METHOD(ControlPlane, "without an address nothing listens", "[rpc]") {
  const auto silent = ControlServer::Start({}, Parts());
  REQUIRE(silent.ok());
  (*silent)->Stop();
}

TEST_CASE_METHOD(ControlPlane, "an address that another server has is refused by name", "[rpc]") {
  for (const auto& address : {unix_address, tcp_address}) {
    CHECK(StartAnother(*this, address).message() ==
          "control.listen: '" + address.text +
              "': Address already in use; another program, perhaps another holdfastd, listens "
              "there: stop it or choose another address");
    CHECK(ListServices(Connect(address)).ok());
  }
}

TEST_CASE_METHOD(ControlPlane, "an address that cannot be had is refused with a remedy", "[rpc]") {
  CHECK(StartAnother(*this, OnTcp("192.0.2.77", 7400)).message() ==
        "control.listen: '192.0.2.77:7400': Cannot assign requested address; this machine does "
        "not have the address: add it to an interface or choose another");
  const auto missing = OnUnix(files / "missing/control.sock");
  CHECK(StartAnother(*this, missing).message() ==
        "control.listen: '" + missing.text +
            "': No such file or directory; its directory is missing: create it (systemd: "
            "RuntimeDirectory=) or choose another path");
}

TEST_CASE_METHOD(ControlPlane, "addresses that overlap are refused", "[rpc]") {
  const std::uint16_t port = testing::FreePort();
  const config::Control control{{OnTcp("127.0.0.1", port), OnTcp("0.0.0.0", port)}, true};
  const auto overlapping = ControlServer::Start(control, Parts());
  CHECK(overlapping.status().code() == absl::StatusCode::kInvalidArgument);
}

TEST_CASE_METHOD(ControlPlane, "the socket of a server that was killed is taken over", "[rpc]") {
  const auto address = OnUnix(files / "stale.sock");
  sockaddr_un stale{};
  stale.sun_family = AF_UNIX;
  address.unix_path.copy(stale.sun_path, sizeof stale.sun_path - 1);
  const int descriptor = socket(AF_UNIX, SOCK_STREAM, 0);
  REQUIRE(bind(descriptor, reinterpret_cast<sockaddr*>(&stale), sizeof stale) == 0);
  REQUIRE(listen(descriptor, 1) == 0);
  CHECK_FALSE(StartAnother(*this, address).ok());
  close(descriptor);

  const auto next = ControlServer::Start({{address}, false}, Parts());
  REQUIRE(next.ok());
  CHECK(ListServices(Connect(address)).ok());
}

TEST_CASE_METHOD(ControlPlane, "a file that is no socket is left alone", "[rpc]") {
  const auto address = OnUnix(files / "precious");
  std::ofstream(address.unix_path) << "text";
  CHECK_FALSE(StartAnother(*this, address).ok());
  std::string text;
  std::ifstream(address.unix_path) >> text;
  CHECK(text == "text");
}

}  // namespace
}  // namespace holdfast
