#include "rpc/admin_service.h"

#include <catch2/catch.hpp>

#include "rpc/control_plane.h"

namespace holdfast {
namespace {

using testing::Call;

// An operator's view.
struct Fixture : testing::ControlPlane {
  v1::ListServicesResponse Services() {
    Call call;
    v1::ListServicesResponse response;
    CHECK(stub->ListServices(&call, {}, &response).ok());
    return response;
  }
  v1::ListTargetsResponse Targets() {
    Call call;
    v1::ListTargetsResponse response;
    CHECK(stub->ListTargets(&call, {}, &response).ok());
    return response;
  }
  grpc::Status SetState(const std::string& target, v1::TargetState state,
                        v1::SetTargetStateResponse* response) {
    v1::SetTargetStateRequest request;
    request.set_target(target);
    request.set_state(state);
    Call call;
    return stub->SetTargetState(&call, request, response);
  }
  v1::GetCountersResponse Counters(const std::string& prefix) {
    v1::GetCountersRequest request;
    request.set_name_prefix(prefix);
    Call call;
    v1::GetCountersResponse response;
    CHECK(stub->GetCounters(&call, request, &response).ok());
    return response;
  }
  grpc::Status Explain(const v1::ExplainRequest& request, v1::ExplainResponse* response) {
    Call call;
    return stub->Explain(&call, request, response);
  }
  void StartForWeb2(std::vector<std::uint16_t> client_ports) {
    OnLoopThread([&] {
      affinities->Start({testing::Address("192.0.2.1"),
                         Protocol::kTcp,
                         {},
                         testing::Address("198.51.100.7"),
                         std::move(client_ports)},
                        "web-2", absl::Minutes(1));
    });
  }
  // As workers see it.
  TargetState PublishedStateOf(std::size_t slot) const { return published->targets()[slot].state; }

  std::unique_ptr<v1::AdminService::Stub> stub = v1::AdminService::NewStub(Connect(tcp_address));
};

TEST_CASE_METHOD(Fixture, "services are listed by name, with their targets", "[rpc]") {
  StartForWeb2({1, 2, 3});
  const auto services = Services().services();
  REQUIRE(services.size() == 2);
  CHECK(services[0].name() == "dns");
  CHECK(services[0].protocol() == v1::PROTOCOL_UDP);
  CHECK(services[0].affinities() == 0);
  const v1::Service& web = services[1];
  CHECK(web.name() == "web");
  CHECK(web.vip() == "192.0.2.1");
  CHECK(web.protocol() == v1::PROTOCOL_TCP);
  CHECK(std::vector<std::uint32_t>(web.ports().begin(), web.ports().end()) ==
        std::vector<std::uint32_t>{80, 443});
  CHECK(web.method() == "maglev");
  CHECK(web.affinities() == 3);
  REQUIRE(web.targets_size() == 3);
  CHECK(web.targets(0).name() == "web-1");
  CHECK(web.targets(2).weight() == 200);
  CHECK(web.targets(2).state() == v1::TARGET_STATE_UP);
  CHECK(web.targets(2).ring_share() == Approx(0.5).margin(0.01));
}

TEST_CASE_METHOD(Fixture, "targets are listed by name, with what is known of them", "[rpc]") {
  StartForWeb2({1, 2});
  neighbours.Set(1, MacAddress{{2, 0, 0, 0, 0, 12}});
  const auto targets = Targets().targets();
  REQUIRE(targets.size() == 3);
  CHECK(targets[0].name() == "web-1");
  CHECK(targets[0].mac().empty());
  CHECK(targets[0].affinities() == 0);
  CHECK(targets[1].name() == "web-2");
  CHECK(targets[1].address() == "10.0.0.12");
  CHECK(targets[1].state() == v1::TARGET_STATE_UP);
  CHECK(targets[1].mac() == "02:00:00:00:00:0c");
  CHECK(std::vector<std::string>(targets[1].services().begin(), targets[1].services().end()) ==
        std::vector<std::string>{"dns", "web"});
  CHECK(targets[1].affinities() == 2);
}

TEST_CASE_METHOD(Fixture, "when a drain is answered, every worker acts on it; so does its end",
                 "[rpc]") {
  StartForWeb2({1});
  v1::SetTargetStateResponse response;
  REQUIRE(SetState("web-2", v1::TARGET_STATE_DRAINING, &response).ok());
  REQUIRE(published);
  CHECK(PublishedStateOf(1) == TargetState::kDraining);
  CHECK(response.previous_state() == v1::TARGET_STATE_UP);
  CHECK(response.target().state() == v1::TARGET_STATE_DRAINING);
  CHECK(response.target().affinities() == 1);
  CHECK(Services().services(1).targets(1).ring_share() == 0);

  REQUIRE(SetState("web-2", v1::TARGET_STATE_UP, &response).ok());
  CHECK(PublishedStateOf(1) == TargetState::kUp);
  CHECK(response.previous_state() == v1::TARGET_STATE_DRAINING);
  CHECK(Services().services(1).targets(1).ring_share() == Approx(0.25).margin(0.01));
}

TEST_CASE_METHOD(Fixture, "a state that cannot be set changes nothing", "[rpc]") {
  v1::SetTargetStateResponse response;
  grpc::Status status = SetState("web-9", v1::TARGET_STATE_UP, &response);
  CHECK(status.error_code() == grpc::StatusCode::NOT_FOUND);
  CHECK(status.error_message() == "no target is called 'web-9'; there are: web-1, web-2, web-3");
  status = SetState("web-1", v1::TARGET_STATE_UNSPECIFIED, &response);
  CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(status.error_message() ==
        "state: 0: must be TARGET_STATE_UP (1) or TARGET_STATE_DRAINING (2)");
  CHECK_FALSE(published);
}

TEST_CASE_METHOD(Fixture, "counters are those of the exporter, chosen by the start of their name",
                 "[rpc]") {
  families = {
      {"holdfast_drops_total",
       "Packets given up.",
       MetricKind::kCounter,
       {{{{"worker", "0"}, {"reason", "arp"}}, 3}, {{{"worker", "1"}, {"reason", "arp"}}, 4}}},
      {"holdfast_affinities", "Cells.", MetricKind::kGauge, {{{}, 2.5}}}};
  CHECK(Counters("").samples_size() == 3);
  CHECK(Counters("node_").samples_size() == 0);
  const auto drops = Counters("holdfast_d").samples();
  REQUIRE(drops.size() == 2);
  CHECK(drops[1].name() == "holdfast_drops_total");
  CHECK(drops[1].value() == 4);
  CHECK(drops[1].labels().at("worker") == "1");
  CHECK(drops[1].labels().at("reason") == "arp");
  CHECK(Counters("holdfast_affinities").samples(0).value() == 2.5);
}

v1::ExplainRequest SynToWeb() {
  v1::ExplainRequest request;
  request.set_client("198.51.100.7");
  request.set_client_port(40000);
  request.set_vip("192.0.2.1");
  request.set_vip_port(80);
  request.set_protocol(v1::PROTOCOL_TCP);
  return request;
}

TEST_CASE_METHOD(Fixture, "O: an explanation says each row and the verdict", "[rpc]") {
  StartForWeb2({40000});
  neighbours.Set(1, MacAddress{{2, 0, 0, 0, 0, 12}});
  v1::ExplainResponse response;
  REQUIRE(Explain(SynToWeb(), &response).ok());
  CHECK(response.service() == "web");
  CHECK(response.worker() == 0);
  CHECK(response.verdict().outcome() == v1::PACKET_OUTCOME_FORWARDED);
  const v1::PacketWay& way = response.verdict().way();
  CHECK(way.step() == "affinity");
  CHECK(way.target() == "web-2");
  CHECK(way.address() == "10.0.0.12");
  CHECK(way.forwarding() == "l2");
  CHECK(way.port() == "lan1");
  CHECK(way.mac() == "02:00:00:00:00:0c");
  CHECK(way.source_mac() == "02:00:00:00:00:02");
  CHECK(way.outer_source().empty());
  REQUIRE(response.findings_size() == 8);
  CHECK(response.findings(1).row() == "P2");
  CHECK(response.findings(1).answer() == v1::ROW_ANSWER_DECIDES);
  CHECK(response.findings(3).answer() == v1::ROW_ANSWER_NOT_REACHED);
  REQUIRE(response.affinities_size() == 1);
  CHECK(response.affinities(0).affinity().client_port() == 40000);
  CHECK_FALSE(response.affinities(0).passed_over());
}

TEST_CASE_METHOD(Fixture, "O: a known connection is explained with its phase and age", "[rpc]") {
  const FlowKey flow{testing::Address("198.51.100.7"), testing::Address("192.0.2.1"), 40000, 80,
                     Protocol::kTcp};
  connections[1]->Insert(HashFlow(HashKey{}, flow), {.key = flow}, TargetHandle(2, 0),
                         ConnectionPhase::kEstablished, CoarseTick());
  v1::ExplainRequest request = SynToWeb();
  request.set_packet(v1::PACKET_KIND_DATA);
  v1::ExplainResponse response;
  REQUIRE(Explain(request, &response).ok());
  CHECK(response.worker() == 1);
  REQUIRE(response.connections_size() == 1);
  CHECK(response.connections(0).worker() == 1);
  CHECK(response.connections(0).phase() == "established");
  CHECK(response.connections(0).timeout().seconds() == 7808);
  CHECK(response.connections(0).target() == "web-3");
  CHECK(response.verdict().outcome() == v1::PACKET_OUTCOME_DROPPED);
  CHECK(response.verdict().drop_reason() == "no_neighbour");
  CHECK(response.verdict().way().mac().empty());

  request.set_worker(0);
  REQUIRE(Explain(request, &response).ok());
  CHECK(response.verdict().way().step() == "other_worker");
}

TEST_CASE_METHOD(Fixture, "A16: a packet that cannot be is an INVALID_ARGUMENT", "[rpc]") {
  const auto mistake = [&](const std::function<void(v1::ExplainRequest&)>& make) {
    v1::ExplainRequest request = SynToWeb();
    make(request);
    v1::ExplainResponse response;
    const grpc::Status status = Explain(request, &response);
    CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
    return status.error_message();
  };
  CHECK(mistake([](auto& request) { request.set_client("web"); }) ==
        "client: 'web': must be an IPv4 address");
  CHECK(mistake([](auto& request) { request.set_vip("2001:db8::1"); }) ==
        "vip: '2001:db8::1': must be an IPv4 address");
  CHECK(mistake([](auto& request) { request.clear_client_port(); }) ==
        "client_port: absent: a packet has a port");
  CHECK(mistake([](auto& request) { request.set_vip_port(65536); }) ==
        "vip_port: 65536: a packet's port is 0 to 65535");
  CHECK(mistake([](auto& request) { request.clear_protocol(); }) ==
        "protocol: 0: must be PROTOCOL_TCP (6) or PROTOCOL_UDP (17)");
  CHECK(mistake([](auto& request) { request.set_packet(v1::PacketKind(9)); }) ==
        "packet: 9: must be SYN (1), DATA (2), FIN (3) or RST (4)");
  CHECK(mistake([](auto& request) {
          request.set_protocol(v1::PROTOCOL_UDP);
          request.set_packet(v1::PACKET_KIND_SYN);
        }) == "packet: 1: UDP has nothing but PACKET_KIND_DATA (2)");
  CHECK(mistake([](auto& request) { request.set_worker(2); }) ==
        "worker: 2: there are 2, from 0 on");
}

}  // namespace
}  // namespace holdfast
