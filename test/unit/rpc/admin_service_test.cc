#include "rpc/admin_service.h"

#include <catch2/catch.hpp>

#include "rpc/control_plane.h"

namespace holdfast {
namespace {

using testing::Call;

// An operator's view.
struct Fixture : testing::ControlPlane {
  using ControlPlane::ControlPlane;

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
  v1::ConfigChange Apply(const std::string& text, bool dry_run = false) {
    v1::ApplyConfigRequest request;
    request.set_text(text);
    request.set_file("b.yaml");
    request.set_dry_run(dry_run);
    Call call;
    v1::ConfigChange response;
    CHECK(stub->ApplyConfig(&call, request, &response).ok());
    return response;
  }
  using Stub = v1::AdminService::Stub;
  template <typename Request, typename Response>
  grpc::Status Ask(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                   const Request& request, Response& response) {
    Call call;
    return (stub.get()->*method)(&call, request, &response);
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
  CHECK(std::vector<std::string>(web.ports().begin(), web.ports().end()) ==
        std::vector<std::string>{"80", "443"});
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

TEST_CASE_METHOD(Fixture, "what holds on to a target is counted over all workers", "[rpc]") {
  const auto connect = [this](std::size_t worker, std::uint16_t client_port, std::size_t slot) {
    const FlowKey key{testing::Address("198.51.100.7"), testing::Address("192.0.2.1"), client_port,
                      80, Protocol::kTcp};
    connections[worker].Insert(HashFlow(HashKey{}, key), {key, ServiceSlot{0}},
                               TargetHandle(slot, 0), ConnectionPhase::kEstablished, CoarseTick());
  };
  connect(0, 1, 1);
  connect(0, 2, 1);
  connect(0, 3, 0);
  connect(1, 4, 1);
  StartForWeb2({1, 2});
  v1::GetTargetRequest request;
  request.set_target("web-2");
  v1::GetTargetResponse response;
  REQUIRE(Ask(&Stub::GetTarget, request, response).ok());
  CHECK(response.connections() == 3);
  CHECK(response.target().name() == "web-2");
  CHECK(response.target().affinities() == 2);
  request.set_target("web-9");
  CHECK(Ask(&Stub::GetTarget, request, response).error_message() ==
        "no target is called 'web-9'; there are: web-1, web-2, web-3");
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

// As ThreeTargets(), in a file.
std::string ThreeTargetsIn(const std::string& weight_of_web_2) {
  return "ring_seed: 2026\n"
         "metrics: {listen: ''}\n"
         "ports:\n"
         "  - {name: lan, device: net_tap0, addresses: [10.0.0.1/24]}\n"
         "targets:\n"
         "  - {name: web-1, address: 10.0.0.11}\n"
         "  - {name: web-2, address: 10.0.0.12}\n"
         "  - {name: web-3, address: 10.0.0.13}\n"
         "services:\n"
         "  - {name: web, vip: 192.0.2.1, protocol: tcp, ports: [80, 443],\n"
         "     targets: [{target: web-1}, {target: web-2, weight: " +
         weight_of_web_2 +
         "},\n"
         "               {target: web-3, weight: 200}]}\n"
         "  - {name: dns, vip: 192.0.2.1, protocol: udp, ports: [53], no_target: drop,\n"
         "     targets: [{target: web-1}, {target: web-2, weight: 0}]}\n";
}

config::BalancerConfig Read(const std::string& text) {
  return std::get<config::BalancerConfig>(config::ParseBalancerConfig(text, "b.yaml"));
}

struct ConfiguredFixture : Fixture {
  ConfiguredFixture() : Fixture(10'000, Read(ThreeTargetsIn("100"))) {}
};

using Lines = std::vector<std::string>;
Lines LinesOf(const google::protobuf::RepeatedPtrField<std::string>& lines) {
  return {lines.begin(), lines.end()};
}

TEST_CASE_METHOD(ConfiguredFixture, "when an applied configuration is answered, workers act on it",
                 "[rpc]") {
  const auto answer = Apply(ThreeTargetsIn("0"));
  CHECK(answer.outcome() == v1::CONFIG_OUTCOME_APPLIED);
  CHECK(LinesOf(answer.changes()) == Lines{"service web: target web-2: weight 100 -> 0"});
  REQUIRE(published);
  CHECK(published->service(ServiceSlot{0}).ring.Share(1) == 0);
  CHECK(Apply(ThreeTargetsIn("0")).outcome() == v1::CONFIG_OUTCOME_UNCHANGED);
}

TEST_CASE_METHOD(ConfiguredFixture, "a dry run tells what would change, and changes nothing",
                 "[rpc]") {
  const auto answer = Apply(ThreeTargetsIn("0"), true);
  CHECK(answer.outcome() == v1::CONFIG_OUTCOME_WOULD_APPLY);
  CHECK(answer.changes_size() == 1);
  CHECK_FALSE(published);
  CHECK(Services().services(1).targets(1).weight() == 100);
}

TEST_CASE_METHOD(ConfiguredFixture, "affinities that a configuration ends are counted", "[rpc]") {
  StartForWeb2({1, 2});
  std::string text = ThreeTargetsIn("100");
  text.replace(text.find("{target: web-2, weight: 100},"), 29, "");
  CHECK(Apply(text).affinities_ended() == 2);
}

TEST_CASE_METHOD(ConfiguredFixture, "every mistake is answered with its line; nothing changes",
                 "[rpc]") {
  const auto answer = Apply(ThreeTargetsIn("10001") + "x: 1\n");
  CHECK(answer.outcome() == v1::CONFIG_OUTCOME_MISTAKES);
  CHECK(
      LinesOf(answer.mistakes()) ==
      Lines{"b.yaml:11: services[0].targets[1].weight: '10001': must be 0 to 10000",
            "b.yaml:15: x: unknown key; known are eal, cores, ports, connections, affinities, "
            "control, metrics, ring_seed, targets, services, logging, nat, kernel_routes, routes, "
            "neighbours, no_service"});
  CHECK(answer.explanation() == "2 mistakes; nothing has changed");
  CHECK_FALSE(published);
}

TEST_CASE_METHOD(ConfiguredFixture, "what cannot change live is named and refused", "[rpc]") {
  const auto answer = Apply("cores: {workers: [2]}\n" + ThreeTargetsIn("0"));
  CHECK(answer.outcome() == v1::CONFIG_OUTCOME_NEEDS_RESTART);
  CHECK(LinesOf(answer.needs_restart()) == Lines{"cores.workers: 1 -> 2"});
  CHECK_FALSE(published);
}

TEST_CASE_METHOD(ConfiguredFixture, "a configuration's file has a name", "[rpc]") {
  Call call;
  v1::ConfigChange response;
  const auto status = stub->ApplyConfig(&call, {}, &response);
  CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(status.error_message() == "file: '': a name has 1 to 255 characters");
}

TEST_CASE_METHOD(ConfiguredFixture, "a target comes, changes and goes by single calls", "[rpc]") {
  v1::CreateTargetRequest create;
  create.mutable_target()->set_name("web-4");
  create.mutable_target()->set_address("10.0.0.14");
  create.add_services("web");
  create.set_weight(50);
  v1::ConfigChange change;
  REQUIRE(Ask(&Stub::CreateTarget, create, change).ok());
  CHECK(change.outcome() == v1::CONFIG_OUTCOME_APPLIED);
  CHECK(LinesOf(change.changes()) == Lines{"target web-4: added, address 10.0.0.14",
                                           "service web: target web-4: added, weight 50"});
  REQUIRE(published);
  CHECK(published->targets().size() == 4);

  v1::UpdateTargetRequest update;
  update.mutable_target()->set_name("web-4");
  update.mutable_target()->set_address("10.0.0.24");
  update.mutable_update_mask()->add_paths("address");
  REQUIRE(Ask(&Stub::UpdateTarget, update, change).ok());
  CHECK(published->targets()[3].address == testing::Address("10.0.0.24"));

  v1::DeleteTargetRequest remove;
  remove.set_target("web-4");
  REQUIRE(Ask(&Stub::DeleteTarget, remove, change).ok());
  CHECK(published->targets()[3].state == TargetState::kRemoved);
  CHECK(Targets().targets_size() == 3);
}

TEST_CASE_METHOD(ConfiguredFixture, "a service comes, changes and goes by single calls", "[rpc]") {
  v1::CreateServiceRequest create;
  create.mutable_service()->set_name("mail");
  create.mutable_service()->set_vip("192.0.2.7");
  create.mutable_service()->set_protocol(v1::ServiceConfig::TRANSPORT_TCP);
  create.mutable_service()->add_ports("25");
  v1::ConfigChange change;
  REQUIRE(Ask(&Stub::CreateService, create, change).ok());
  CHECK(Services().services_size() == 3);

  v1::UpdateServiceRequest update;
  update.mutable_service()->set_name("mail");
  update.mutable_service()->add_ports("587");
  update.mutable_update_mask()->add_paths("ports");
  REQUIRE(Ask(&Stub::UpdateService, update, change).ok());
  CHECK(LinesOf(change.changes()) == Lines{"service mail: ports 25 -> 587"});

  v1::DeleteServiceRequest remove;
  remove.set_service("mail");
  REQUIRE(Ask(&Stub::DeleteService, remove, change).ok());
  CHECK(Services().services_size() == 2);
}

TEST_CASE_METHOD(ConfiguredFixture, "a weight is set, and again is no change", "[rpc]") {
  v1::SetServiceTargetRequest request;
  request.set_service("web");
  request.mutable_target()->set_target("web-2");
  request.mutable_target()->set_weight(0);
  v1::ConfigChange change;
  REQUIRE(Ask(&Stub::SetServiceTarget, request, change).ok());
  CHECK(LinesOf(change.changes()) == Lines{"service web: target web-2: weight 100 -> 0"});
  CHECK(published->service(ServiceSlot{0}).ring.Share(1) == 0);
  v1::ConfigChange again;
  REQUIRE(Ask(&Stub::SetServiceTarget, request, again).ok());
  CHECK(again.outcome() == v1::CONFIG_OUTCOME_UNCHANGED);
}

TEST_CASE_METHOD(ConfiguredFixture, "a single call that is wrong changes nothing", "[rpc]") {
  v1::ConfigChange change;
  v1::CreateTargetRequest create;
  create.mutable_target()->set_name("web-4");
  create.mutable_target()->set_address("10.9.0.14");
  grpc::Status status = Ask(&Stub::CreateTarget, create, change);
  CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(status.error_message() ==
        "target 'web-4'.address: '10.9.0.14': must lie in the subnet of a port (10.0.0.1/24 on "
        "lan), or be reached by `routes` or a port's gateway");
  create.mutable_target()->set_address("10.0.0.14");
  create.add_services("ftp");
  status = Ask(&Stub::CreateTarget, create, change);
  CHECK(status.error_code() == grpc::StatusCode::NOT_FOUND);
  CHECK(status.error_message() == "no service is called 'ftp'; there are: dns, web");
  create.mutable_target()->set_name("web-1");
  CHECK(Ask(&Stub::CreateTarget, create, change).error_code() == grpc::StatusCode::ALREADY_EXISTS);
  CHECK_FALSE(published);
  CHECK(Targets().targets_size() == 3);
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
  connections[1].Insert(HashFlow(HashKey{}, flow), {.key = flow}, TargetHandle(2, 0),
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
        "client: 'web': must be an IPv4 or IPv6 address");
  CHECK(mistake([](auto& request) { request.set_vip("2001:db8::1"); }) ==
        "client: '198.51.100.7': must be of the family of vip");
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

TEST_CASE_METHOD(Fixture, "a target is taken for down in one service, and ends its affinities",
                 "[rpc]") {
  StartForWeb2({});
  v1::SetTargetHealthRequest request;
  request.set_service("web");
  request.set_target("web-2");
  request.set_down(true);
  v1::SetTargetHealthResponse response;
  CHECK(Ask(&Stub::SetTargetHealth, request, response).ok());
  CHECK(response.target().state() == v1::TARGET_STATE_DOWN);
  CHECK(response.target().found_down());
  CHECK(response.target().ring_share() == 0);
  CHECK(response.affinities_ended() == 1);
  CHECK_FALSE(response.panic());
  request.set_down(false);
  CHECK(Ask(&Stub::SetTargetHealth, request, response).ok());
  CHECK(response.target().state() == v1::TARGET_STATE_UP);
  request.set_service("mail");
  CHECK(Ask(&Stub::SetTargetHealth, request, response).error_code() == grpc::StatusCode::NOT_FOUND);
}

}  // namespace
}  // namespace holdfast
