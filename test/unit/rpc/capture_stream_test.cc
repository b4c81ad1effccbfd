// A Capture call from begin to end, on a control plane whose worker is the test. Row: O.
#include "rpc/capture_stream.h"

#include <catch2/catch.hpp>

#include "rpc/capture_wire.h"
#include "rpc/control_plane.h"

namespace holdfast {
namespace {

using testing::Call;

struct Fixture : testing::ControlPlane {
  using Reader = std::unique_ptr<grpc::ClientReader<v1::CaptureResponse>>;

  // Returns when workers capture.
  Reader Begin(grpc::ClientContext& call, const v1::CaptureRequest& request = {}) {
    Reader reader = stub->Capture(&call, request);
    CHECK(reader->Read(&response));
    CHECK(response.has_started());
    return reader;
  }
  grpc::Status Refused(const v1::CaptureRequest& request) {
    Call call;
    const Reader reader = stub->Capture(&call, request);
    CHECK_FALSE(reader->Read(&response));
    return reader->Finish();
  }
  void Receive(const std::string& bytes, const CaptureVerdict& verdict, std::uint16_t worker = 0) {
    const CaptureRecord record{.cycles = 1'500'000'000,
                               .length = 1514,
                               .kept = static_cast<std::uint32_t>(bytes.size()),
                               .port = PortIndex{1},
                               .verdict = verdict};
    captures.Current()
        ->lane(WorkerId{worker})
        .Push(record, reinterpret_cast<const std::uint8_t*>(bytes.data()));
  }
  bool EndsSoon() {
    for (int i = 0; i < 500 && captures.Current() != nullptr; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return captures.Current() == nullptr;
  }

  std::unique_ptr<v1::AdminService::Stub> stub = v1::AdminService::NewStub(Connect(unix_address));
  v1::CaptureResponse response;
};

TEST_CASE_METHOD(Fixture, "a capture tells its ports and limits, packets, and its end", "[rpc]") {
  v1::CaptureRequest request;
  request.set_count(2);
  Call call;
  const Reader reader = Begin(call, request);
  CHECK(response.started().ports_size() == 2);
  CHECK(response.started().ports(1).name() == "lan1");
  CHECK(response.started().ports(1).mac() == "02:00:00:00:00:02");
  CHECK(response.started().snap() == 128);
  CHECK(response.started().count() == 2);
  CHECK(response.started().duration().seconds() == 60);

  Receive("a frame, or so", {.fate = CaptureFate::kForwarded,
                             .step = Step::kAffinity,
                             .target = directory.Targets().front().handle,
                             .service = directory.Services().front().slot});
  REQUIRE(reader->Read(&response));
  CHECK(response.packet().worker() == 0);
  CHECK(response.packet().port() == "lan1");
  CHECK(response.packet().length() == 1514);
  CHECK(response.packet().data() == "a frame, or so");
  CHECK(response.packet().flow() == "ethertype 0x736f");
  CHECK(response.packet().verdict().outcome() == v1::PACKET_OUTCOME_FORWARDED);
  CHECK(response.packet().verdict().way().step() == "affinity");
  CHECK(response.packet().verdict().way().target() == directory.Targets().front().name);
  const auto age = absl::Now() - absl::FromUnixSeconds(response.packet().received().seconds());
  CHECK(age < absl::Seconds(10));  // 1.5 s after the capture began

  Receive("a frame, or so", {.fate = CaptureFate::kDropped, .drop = DropReason::kTcpFlags}, 1);
  REQUIRE(reader->Read(&response));
  CHECK(response.packet().worker() == 1);
  CHECK(response.packet().verdict().outcome() == v1::PACKET_OUTCOME_DROPPED);
  CHECK(response.packet().verdict().drop_reason() == "tcp_flags");
  CHECK_FALSE(response.packet().verdict().has_way());

  REQUIRE(reader->Read(&response));
  CHECK(response.ended().reason() == v1::CAPTURE_END_REASON_COUNT);
  CHECK(response.ended().packets() == 2);
  CHECK(response.ended().lost() == 0);
  CHECK_FALSE(reader->Read(&response));
  CHECK(reader->Finish().ok());
  CHECK(EndsSoon());
}

TEST_CASE_METHOD(Fixture, "a capture ends with its time", "[rpc]") {
  Call call;
  const Reader reader = Begin(call);
  clock.Advance(absl::Seconds(60));
  REQUIRE(reader->Read(&response));
  CHECK(response.ended().reason() == v1::CAPTURE_END_REASON_DURATION);
  CHECK_FALSE(reader->Read(&response));
  CHECK(reader->Finish().ok());
  CHECK(EndsSoon());
}

TEST_CASE_METHOD(Fixture, "a capture that is cancelled ends, and another may begin", "[rpc]") {
  {
    Call call;
    const Reader reader = Begin(call);
    call.TryCancel();
    CHECK(reader->Finish().error_code() == grpc::StatusCode::CANCELLED);
  }
  CHECK(EndsSoon());
  Call call;
  const Reader reader = Begin(call);
  call.TryCancel();
  CHECK_FALSE(reader->Finish().ok());
}

TEST_CASE_METHOD(Fixture, "a capture does not outlive the loop", "[rpc]") {
  Call call;
  const Reader reader = Begin(call);
  StopLoop();
  CHECK_FALSE(reader->Read(&response));
  CHECK(reader->Finish().error_code() == grpc::StatusCode::UNAVAILABLE);
}

TEST_CASE_METHOD(Fixture, "a second capture is refused with the first one's caller", "[rpc]") {
  Call call;
  const Reader reader = Begin(call);
  const grpc::Status refused = Refused({});
  CHECK(refused.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  CHECK_THAT(refused.error_message(),
             Catch::StartsWith("unix:") && Catch::Contains("captures since 20"));
  call.TryCancel();
  CHECK_FALSE(reader->Finish().ok());
}

TEST_CASE_METHOD(Fixture,
                 "A16: a capture that is ordered wrongly is told the field, value and rule",
                 "[rpc]") {
  struct Case {
    void (*change)(v1::CaptureRequest&);
    const char* message;
  };
  const Case cases[] = {
      {[](auto& r) { r.set_client("web"); }, "client: 'web': must be an address or a prefix"},
      {[](auto& r) { r.set_client("10.0.0.1/24"); },
       "client: '10.0.0.1/24': has bits set outside the prefix"},
      {[](auto& r) { r.set_vip("10.0.0.0/8"); },
       "vip: '10.0.0.0/8': must be an IPv4 or IPv6 address"},
      {[](auto& r) { r.set_port(65536); }, "port: 65536: a port is 1 to 65535"},
      {[](auto& r) { r.set_protocol(v1::CaptureProtocol(7)); },
       "protocol: 7: must be TCP (1), UDP (2) or ICMP (3)"},
      {[](auto& r) { r.set_snap(13); }, "snap: 13: must be 14 to 9216 bytes of each packet"},
      {[](auto& r) { r.set_snap(9217); }, "snap: 9217: must be 14 to 9216 bytes of each packet"},
      {[](auto& r) { r.set_count(1'000'001); }, "count: 1000001: must be at most 1000000 packets"},
      {[](auto& r) { r.mutable_duration()->set_seconds(3601); },
       "duration: 1h1s: must be at most 1h"},
      {[](auto& r) { r.set_worker(2); }, "worker: 2: there are 2 workers, from 0 on"},
      {[](auto& r) { r.set_worker(64); }, "worker: 64: there is none"},
  };
  for (const Case& one : cases) {
    v1::CaptureRequest request;
    one.change(request);
    const grpc::Status refused = Refused(request);
    CHECK(refused.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
    CHECK(refused.error_message() == one.message);
  }
  v1::CaptureRequest request;
  request.set_drop_reason("boredom");
  CHECK_THAT(Refused(request).error_message(),
             Catch::StartsWith("drop_reason: 'boredom': there are truncated, ethertype, "));
  CHECK(captures.Current() == nullptr);
}

}  // namespace
}  // namespace holdfast
