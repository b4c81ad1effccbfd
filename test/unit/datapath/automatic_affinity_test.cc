// Automatic affinity, as workers act on it (rows T1 to T6, T8, P3).
#include <catch2/catch.hpp>
#include <random>
#include <set>

#include "datapath/flows.h"
#include "support/client_audit.h"

namespace holdfast {
namespace {

struct Fixture {
  explicit Fixture(const TestAppliance::Options& options = {.workers = 2}) : appliance(options) {
    SetAutomatic({.on = true});
  }
  // Of all services.
  void SetAutomatic(const AutomaticView& automatic) {
    for (ServiceView& service : appliance.parts.services) service.automatic = automatic;
    appliance.Publish();
  }
  void SetMethod(BalancingMethod method) {
    for (ServiceView& service : appliance.parts.services) service.balancing.method = method;
    appliance.Publish();
  }
  void SweepAll(int seconds) {
    for (int second = 0; second < seconds; ++second) {
      appliance.Advance(1);
      for (std::size_t worker = 0; worker < workers(); ++worker) appliance.Turn({}, worker);
    }
  }
  [[nodiscard]] std::size_t workers() const { return appliance.all_connections().size(); }
  [[nodiscard]] std::vector<std::string> Differences() const {
    return DifferencesOf(appliance.clients, appliance.all_connections());
  }
  [[nodiscard]] std::uint64_t Requests(Decision decision, ServiceSlot service = kWeb) {
    std::uint64_t requests = 0;
    for (std::size_t worker = 0; worker < workers(); ++worker)
      requests += appliance.counters(worker).services[Index(service)].requests[decision].Read();
    return requests;
  }
  // The packets come to both workers in turn.
  std::set<std::string> Places(std::uint16_t first, std::uint16_t count) {
    std::set<std::string> places;
    for (std::uint16_t port = first; port < first + count; ++port)
      places.insert(appliance.Where(Syn(port), port % workers()));
    return places;
  }

  TestAppliance appliance;
};

TEST_CASE_METHOD(Fixture, "T1: without it each connection is balanced", "[automatic]") {
  SetAutomatic({});
  CHECK(Places(40000, 30).size() == 3);
  CHECK(appliance.clients.size() == 0);
}

TEST_CASE_METHOD(Fixture, "T2: a client's connections go where its first one goes, on any worker",
                 "[automatic]") {
  SetMethod(GENERATE(BalancingMethod::kMaglev, BalancingMethod::kRoundRobin,
                     BalancingMethod::kLeastConnections, BalancingMethod::kSourceHash));
  CHECK(Places(40000, 30).size() == 1);
  CHECK(Requests(Decision::kBalanced) == 1);
  CHECK(Requests(Decision::kAutomatic) == 29);
  CHECK(appliance.counters(0).services[Index(kWeb)].packets[Step::kAutomatic].Read() == 14);
  // And others do not follow it.
  std::set<std::string> places;
  for (int client = 1; client < 40; ++client)
    places.insert(appliance.Where(TcpPacket()
                                      .From("198.51.101." + std::to_string(client), 40000)
                                      .To("192.0.2.1", 80)
                                      .Syn()
                                      .Build()));
  CHECK(places.size() >= 2);  // least_connections keeps them from where so many are
  CHECK(appliance.clients.active() == 40);
  CHECK(Differences().empty());
  CHECK(appliance.AllAccounted(0));
  CHECK(appliance.AllAccounted(1));
}

TEST_CASE_METHOD(Fixture, "T2: of those that come in one batch the later ones follow the first",
                 "[automatic]") {
  std::vector<Frame> frames;
  for (std::uint16_t port = 40000; port < 40030; ++port) frames.push_back(Syn(port));
  std::set<std::string> places;
  for (const Frame& sent : appliance.Turn(frames)) places.insert(appliance.DestinationOf(sent));
  CHECK(places == std::set<std::string>{appliance.OnRing(WebFlow(40000))});
  CHECK(Requests(Decision::kBalanced) == 1);
  CHECK(Requests(Decision::kAutomatic) == 29);
  CHECK(Differences().empty());
}

TEST_CASE_METHOD(Fixture, "T2: IPv6 and UDP alike", "[automatic]") {
  std::set<std::string> places;
  for (std::uint16_t port = 5000; port < 5030; ++port)
    places.insert(appliance.Where(Query(port), port % 2));
  CHECK(places.size() == 1);
  CHECK(Requests(Decision::kAutomatic, kDns) == 29);
  appliance.parts.services[0].vip = AddressNamed("2001:db8:1::1");
  appliance.Publish();
  places.clear();
  for (std::uint16_t port = 5000; port < 5030; ++port)
    places.insert(appliance.Where(
        TcpPacket().From("2001:db8::7", port).To("2001:db8:1::1", 80).Syn().Build(), port % 2));
  CHECK(places.size() == 1);
  CHECK(Differences().empty());
}

TEST_CASE_METHOD(Fixture, "T3: it ends with the last connection, timeouts included",
                 "[automatic]") {
  const std::string place = appliance.Where(Syn(40000));
  const std::uint16_t other = PortNotOf(appliance, appliance.RingSlot(WebFlow(40000)), 41000);
  appliance.Turn({Ack(40000), Request(40000), Fin(40000), Ack(40000)});
  SweepAll(50);  // tcp_closing is 60 s
  CHECK(appliance.clients.active() == 1);
  CHECK(appliance.Where(Syn(other), 1) == place);
  SweepAll(20);  // the first one is gone, the other one has kept the client there
  CHECK(appliance.clients.active() == 1);
  CHECK(Differences().empty());
  SweepAll(60);
  CHECK(appliance.clients.active() == 0);
  CHECK(appliance.clients.size() == 0);
  CHECK(appliance.Where(Syn(other), 1) == appliance.OnRing(WebFlow(other)));
  CHECK(Requests(Decision::kBalanced) == 2);
}

TEST_CASE_METHOD(Fixture, "T3: a SYN on a closing connection is another one of the client",
                 "[automatic]") {
  const std::string place = appliance.Where(Syn(40000));
  appliance.Turn({Ack(40000), Rst(40000)});
  CHECK(appliance.Where(Syn(40000)) == place);
  CHECK(Requests(Decision::kAutomatic) == 1);
  CHECK(appliance.clients.active() == 1);
  CHECK(Differences().empty());
}

TEST_CASE_METHOD(Fixture, "T3: linger keeps it, and a new connection takes it up again",
                 "[automatic]") {
  SetAutomatic({.on = true, .linger = 100});
  const std::string place = appliance.Where(Syn(40000));
  const std::uint16_t other = PortNotOf(appliance, appliance.RingSlot(WebFlow(40000)), 41000);
  SweepAll(30 + 8 + 90);
  CHECK(appliance.connections().size() == 0);
  CHECK(appliance.clients.active() == 0);
  CHECK(appliance.Where(Syn(other), 1) == place);
  CHECK(appliance.clients.active() == 1);
  SweepAll(30 + 8 + 110);
  CHECK(appliance.clients.size() == 0);
  CHECK(appliance.Where(Syn(other), 1) == appliance.OnRing(WebFlow(other)));
}

TEST_CASE_METHOD(Fixture, "T4: only connections from client_ports count and follow",
                 "[automatic]") {
  SetAutomatic({.on = true, .client_ports = {PortRange(40000, 40010)}});
  CHECK(Places(41000, 20).size() == 3);
  CHECK(appliance.clients.size() == 0);
  CHECK(Places(40000, 11).size() == 1);
  CHECK(Places(41100, 20).size() == 3);
  CHECK(Differences().empty());
}

TEST_CASE_METHOD(Fixture, "T5: an explicit affinity wins, and its connections count",
                 "[automatic]") {
  const std::string place = appliance.Where(Syn(40000));
  const std::size_t owner = place == "web-1" ? 1 : 0;
  const std::string owners = appliance.parts.targets[owner].name;
  appliance.StartAffinity(ClientAt(kWeb), Target(owner));
  CHECK(Places(40001, 10) == std::set{owners});
  CHECK(appliance.clients.active() == 2);
  // P3: the one that was placed last.
  appliance.EndAffinity(ClientAt(kWeb));
  CHECK(Places(40100, 10) == std::set{owners});
  CHECK(Requests(Decision::kAutomatic) == 10);
  CHECK(Differences().empty());
}

TEST_CASE_METHOD(Fixture, "T6: the ports of a service share it, services do not", "[automatic]") {
  const std::string place = appliance.Where(Syn(40000));
  for (std::uint16_t port = 40001; port < 40020; ++port)
    CHECK(appliance.Where(TcpPacket().From(kClient, port).To("192.0.2.1", 443).Syn().Build(), 1) ==
          place);
  CHECK(appliance.Where(Query(5001)) == appliance.OnRing(DnsFlow(5001)));
  CHECK(Requests(Decision::kBalanced, kDns) == 1);
}

TEST_CASE("T8: a client without room is balanced and counted", "[automatic]") {
  Fixture full({.workers = 1, .clients = 5});  // one bucket
  const auto syn = [](int client) {
    return TcpPacket()
        .From("198.51.101." + std::to_string(client), 40000)
        .To("192.0.2.1", 80)
        .Syn()
        .Build();
  };
  for (int client = 1; client <= 15; ++client) full.appliance.Where(syn(client));
  ServiceCounters& web = full.appliance.counters().services[Index(kWeb)];
  CHECK(web.automatic_full.Read() == 0);
  CHECK(full.Places(40000, 20).size() == 3);
  CHECK(web.automatic_full.Read() == 20);
  CHECK(full.Requests(Decision::kBalanced) == 35);
  CHECK(full.Differences().empty());
}

TEST_CASE_METHOD(Fixture, "P3: a target that drains or is down does as on_drain and health say",
                 "[automatic]") {
  const std::string place = appliance.Where(Syn(40000));
  TargetView& target = appliance.parts.targets[appliance.RingSlot(WebFlow(40000))];
  const auto set = [&](TargetState state, OnDrain on_drain) {
    target.state = state;
    appliance.parts.services[0].balancing.on_drain = on_drain;
    appliance.Publish();
  };
  SECTION("honor") {
    set(TargetState::kDraining, OnDrain::kHonor);
    CHECK(Places(40001, 10) == std::set{place});
  }
  SECTION("break") {
    set(TargetState::kDraining, OnDrain::kBreak);
    const auto places = Places(40001, 10);
    CHECK(places.size() == 1);  // another one, which it keeps from now on
    CHECK(places != std::set{place});
    CHECK(appliance.counters(1).affinities_passed_over.Read() == 1);
    CHECK(appliance.clients.active() == 2);
  }
  SECTION("refuse") {
    set(TargetState::kDraining, OnDrain::kRefuse);
    CHECK(Places(40001, 10) == std::set<std::string>{"client"});
    CHECK(Requests(Decision::kRefused) == 10);
    CHECK(appliance.Where(Request(40055), 1) == place);  // of a connection that it has
  }
  SECTION("down") {
    appliance.parts.services[0].balancing.down = {target.handle};
    appliance.Publish();
    const auto places = Places(40001, 10);
    CHECK(places.size() == 1);
    CHECK(places != std::set{place});
  }
  CHECK(Differences().empty());
}

TEST_CASE_METHOD(Fixture, "P3: a target that has left the service's set is passed over",
                 "[automatic]") {
  const std::string place = appliance.Where(Syn(40000));
  const std::size_t slot = appliance.RingSlot(WebFlow(40000));
  appliance.weights[slot] = 0;
  appliance.Publish();
  CHECK(Places(40001, 10) == std::set{place});  // weight 0 is no new balanced clients
  auto parts = appliance.parts;
  std::erase(parts.services[0].automatic.targets, Target(slot));
  parts.version = ++appliance.parts.version;
  appliance.snapshots->Publish(std::make_unique<const Snapshot>(parts));
  const auto places = Places(40020, 10);
  CHECK(places.size() == 1);
  CHECK(places != std::set{place});
}

TEST_CASE_METHOD(Fixture, "P7: clients of a removed target are placed anew, and it leaves nothing",
                 "[automatic]") {
  SetAutomatic({.on = true, .linger = 1000});
  const std::string place = appliance.Where(Syn(40000));
  const std::size_t slot = appliance.RingSlot(WebFlow(40000));
  appliance.parts.targets[slot].state = TargetState::kRemoved;
  appliance.Publish();
  CHECK(appliance.Where(Request(40000)) == "client");  // refused
  const auto places = Places(40001, 10);
  CHECK(places.size() == 1);
  CHECK(places != std::set{place});
  SweepAll(10);
  CHECK(appliance.clients.size() == 1);
  // The slot's next owner gets nothing of it.
  appliance.parts.targets[slot].handle = Target(slot).NextGeneration();
  appliance.parts.targets[slot].state = TargetState::kUp;
  appliance.Publish();
  CHECK(Places(40020, 10) == places);
  CHECK(Differences().empty());
}

TEST_CASE_METHOD(Fixture, "P5: a copy counts for nothing, and holds its client when it is alone",
                 "[automatic]") {
  appliance.parts.services[0].timeouts = ConnectionTimeouts{.tcp_established = 60};
  appliance.Publish();
  const std::string place = appliance.Where(Syn(40000));
  const std::uint16_t other = PortNotOf(appliance, appliance.RingSlot(WebFlow(40000)), 41000);
  appliance.Turn({Ack(40000), Request(40000)});
  const FlowHash client = appliance.clients.HashOf(kWeb, AddressNamed(kClient));
  const TargetHandle target = Target(appliance.RingSlot(WebFlow(40000)));
  CHECK(appliance.Where(Request(40000), 1) == place);
  CHECK(appliance.connections(1).copies() == 1);
  CHECK(appliance.clients.ConnectionsTo(target, client) == 1);
  // Only the copy's worker hears of it.
  for (int second = 0; second < 150; ++second) {
    SweepAll(1);
    appliance.Turn({Request(40000)}, 1);
    if (second % 10 != 0) continue;
    const auto pairs = appliance.clients.Find(client, TestAppliance::Now(), 0);
    CHECK(pairs.all().size() == 1);
  }
  CHECK(appliance.connections(0).size() == 0);
  CHECK(appliance.connections(1).size() == 1);
  CHECK(appliance.clients.ConnectionsTo(target, client) == 1);
  CHECK(appliance.Where(Syn(other)) == place);
  CHECK(Differences().empty());
  SweepAll(100);
  CHECK(appliance.clients.active() == 0);
}

TEST_CASE("P8: what is evicted, or not remembered, does not count", "[automatic]") {
  Fixture small({.workers = 1, .connections = 64});
  std::mt19937 random(2026);
  for (int i = 0; i < 5000; ++i) {
    const std::string client = "198.51.102." + std::to_string(random() % 40);
    const auto port = static_cast<std::uint16_t>(40000 + random() % 50);
    const auto packet = [&] { return TcpPacket().From(client, port).To("192.0.2.1", 80); };
    small.appliance.Turn({packet().Syn().Build()});
    if (i % 3 == 0)
      small.appliance.Turn({packet().Ack().Build(), packet().Ack().Payload("GET").Build()});
    if (i % 100 == 0) CHECK(small.Differences().empty());
  }
  CHECK(small.appliance.counters().connections_not_remembered.Read() > 100);
  CHECK(small.appliance.counters().connections_evicted_unfinished.Read() > 100);
  CHECK(small.Differences().empty());
  CHECK(small.appliance.AllAccounted());
}

TEST_CASE_METHOD(Fixture, "T1: it may be switched on and off while there are connections",
                 "[automatic]") {
  SetAutomatic({});
  appliance.Where(Syn(40000));
  SetAutomatic({.on = true});
  CHECK(appliance.clients.size() == 0);  // those before do not count
  const auto places = Places(40001, 10);
  CHECK(places.size() == 1);
  SetAutomatic({});
  CHECK(Places(41000, 30).size() == 3);  // nobody is followed
  CHECK(Differences().empty());
  SetAutomatic({.on = true});
  CHECK(Places(42000, 10) == places);  // those that have counted still do
  SetAutomatic({});
  SweepAll(60);
  CHECK(appliance.clients.size() == 0);
}

// T3: the count cannot drift. Packets of all kinds on both workers, with time, targets, methods
// and the service's options changing.
TEST_CASE("T3: after anything, clients count the connections that there are", "[automatic]") {
  Fixture world({.workers = 2, .connections = 256, .clients = 200});
  TestAppliance& appliance = world.appliance;
  std::mt19937 random(2026);
  for (int i = 0; i < 60'000; ++i) {
    const std::string client = "198.51.103." + std::to_string(random() % 50);
    const auto port = static_cast<std::uint16_t>(40000 + random() % 20);
    PacketBuilder packet = TcpPacket().From(client, port).To("192.0.2.1", 80);
    switch (random() % 8) {
      case 0:
      case 1:
      case 2:
        packet.Syn();
        break;
      case 3:
        packet.Ack().Fin();
        break;
      case 4:
        packet.Rst();
        break;
      case 5:
        packet.Ack();
        break;
      default:
        packet.Ack().Payload("GET");
    }
    appliance.Turn({packet.Build()}, random() % 8 == 0 ? random() % 2 : port % 2);
    if (random() % 50 == 0) appliance.Advance(random() % 20 == 0 ? 70 : 1);
    if (random() % 400 == 0) {
      TargetView& target = appliance.parts.targets[random() % 3];
      const bool there = target.state != TargetState::kRemoved;
      if (!there) target.handle = target.handle.NextGeneration();
      target.state = there ? TargetState::kRemoved : TargetState::kUp;
      world.SetAutomatic({.on = random() % 4 != 0,
                          .linger = random() % 2 == 0 ? 0U : 20U,
                          .client_ports = random() % 2 == 0 ? PortSet() : PortSet{{40000, 40009}}});
      world.SetMethod(random() % 2 == 0 ? BalancingMethod::kMaglev
                                        : BalancingMethod::kLeastConnections);
      CHECK(world.Differences().empty());
    }
  }
  CHECK(world.Differences().empty());
  CHECK(world.Requests(Decision::kAutomatic) > 1000);
  CHECK(appliance.counters(1).connections_stale.Read() > 10);
  world.SetAutomatic({.on = true});
  appliance.Advance(4 * 3600);
  world.SweepAll(20);
  CHECK(appliance.connections(0).size() + appliance.connections(1).size() == 0);
  CHECK(appliance.clients.active() == 0);
  CHECK(appliance.clients.size() == 0);
}

}  // namespace
}  // namespace holdfast
