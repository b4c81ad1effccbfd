// S, P4, P5, P8: what a worker does with each method.
#include <catch2/catch.hpp>
#include <map>

#include "datapath/flows.h"

namespace holdfast {
namespace {

constexpr int kConnections = 10'000;

struct Fixture {
  explicit Fixture(const TestAppliance::Options& options = {.connections = 16'384})
      : appliance(options) {}
  void Use(BalancingMethod method, std::vector<std::uint32_t> weights = {100, 100, 100}) {
    appliance.weights = std::move(weights);
    for (ServiceView& service : appliance.parts.services) service.balancing.method = method;
    appliance.Publish();
  }
  static Frame SynOf(std::uint32_t number) {
    const IpAddress client = IpAddress::FromV4(0xc6120000 + number / 100);
    return TcpPacket()
        .From(client.ToString(), static_cast<std::uint16_t>(40000 + number % 100))
        .To("192.0.2.1", 80)
        .Syn()
        .Build();
  }
  using Counts = std::map<std::string, int>;
  // New connections, 50 in each turn, one worker after the other.
  Counts Open(int connections, std::size_t workers = 1, std::uint32_t first = 0) {
    Counts counts;
    for (int opened = 0; opened < connections; opened += 50) {
      std::vector<Frame> frames;
      for (int i = 0; i < 50; ++i) frames.push_back(SynOf(first++));
      for (const Frame& sent :
           appliance.Turn(frames, static_cast<std::size_t>(opened / 50) % workers))
        ++counts[appliance.DestinationOf(sent)];
    }
    return counts;
  }
  [[nodiscard]] std::uint32_t ConnectionsOf(std::size_t target) {
    return MethodChooser::ConnectionsOf(appliance.all_connections(), Target(target));
  }

  TestAppliance appliance;
};

// Each has its share of kConnections, to 3 % of all.
void CheckShares(Fixture::Counts& counts, const std::vector<std::uint32_t>& weights) {
  const double all = weights[0] + weights[1] + weights[2];
  for (std::size_t i = 0; i < weights.size(); ++i)
    CHECK(counts["web-" + std::to_string(i + 1)] / double{kConnections} ==
          Approx(weights[i] / all).margin(0.03));
}

TEST_CASE("S: 10,000 connections come as the weights say, whatever the method", "[datapath]") {
  const auto method = GENERATE(BalancingMethod::kMaglev, BalancingMethod::kRoundRobin,
                               BalancingMethod::kLeastConnections, BalancingMethod::kSourceHash);
  const auto workers = GENERATE(std::size_t{1}, std::size_t{2});
  CAPTURE(std::string(NameOf(method)), workers);
  Fixture test({.workers = workers, .connections = 16'384});
  const std::vector<std::uint32_t> weights = {100, 50, 200};
  test.Use(method, weights);
  auto counts = test.Open(kConnections, workers);
  // A hundred clients are few to be scattered.
  if (method != BalancingMethod::kSourceHash) CheckShares(counts, weights);
  CHECK(counts["web-1"] + counts["web-2"] + counts["web-3"] == kConnections);
  for (std::size_t worker = 0; worker < workers; ++worker)
    CHECK(test.appliance.AllAccounted(worker));
}

TEST_CASE_METHOD(Fixture, "S: weight 0 gets no new balanced requests", "[datapath]") {
  Use(GENERATE(BalancingMethod::kRoundRobin, BalancingMethod::kLeastConnections,
               BalancingMethod::kSourceHash),
      {100, 0, 100});
  auto counts = Open(1000);
  CHECK(counts["web-2"] == 0);
  CHECK(counts["web-1"] + counts["web-3"] == 1000);
}

TEST_CASE("S: workers begin their rounds at different places", "[datapath]") {
  Fixture test({.workers = 2});
  test.Use(BalancingMethod::kRoundRobin);
  CHECK(test.appliance.Where(Fixture::SynOf(1), 0) != test.appliance.Where(Fixture::SynOf(2), 1));
}

TEST_CASE("S: least_connections counts those of all workers", "[datapath]") {
  Fixture test({.workers = 2});
  test.Use(BalancingMethod::kMaglev, {100, 0, 0});
  test.Open(100, 1);  // all with web-1, all known to worker 0
  test.Use(BalancingMethod::kLeastConnections);
  std::vector<Frame> frames;
  for (std::uint32_t n = 5000; n < 5060; ++n) frames.push_back(Fixture::SynOf(n));
  for (const Frame& sent : test.appliance.Turn(frames, 1))
    CHECK(test.appliance.DestinationOf(sent) != "web-1");
  CHECK(test.ConnectionsOf(0) == 100);
  CHECK(test.ConnectionsOf(1) == 30);
  CHECK(test.ConnectionsOf(2) == 30);
}

TEST_CASE_METHOD(Fixture, "S: source_hash sends all of a client's ports to one target",
                 "[datapath]") {
  Use(BalancingMethod::kSourceHash);
  for (std::uint32_t client = 0; client < 20; ++client) {
    const std::string target = appliance.Where(SynOf(client * 100));
    for (std::uint32_t port = 1; port < 10; ++port)
      CHECK(appliance.Where(SynOf(client * 100 + port)) == target);
  }
}

TEST_CASE_METHOD(Fixture, "P1: a repeated SYN stays with its target, whoever's turn it is",
                 "[datapath]") {
  Use(BalancingMethod::kRoundRobin);
  const std::string target = appliance.Where(Syn(40000));
  CHECK(appliance.Where(Syn(40000)) == target);
  const auto sent = appliance.Turn({Syn(40001), Syn(40001), Syn(40001)});
  REQUIRE(sent.size() == 3);
  for (const Frame& frame : sent)
    CHECK(appliance.DestinationOf(frame) == appliance.DestinationOf(sent[0]));
  CHECK(appliance.AllAccounted());
}

TEST_CASE_METHOD(Fixture, "P1: another method moves no connection", "[datapath]") {
  std::map<std::uint16_t, std::string> targets;
  for (std::uint16_t port = 40000; port < 40030; ++port) targets[port] = appliance.Where(Syn(port));
  for (const auto method : {BalancingMethod::kRoundRobin, BalancingMethod::kLeastConnections,
                            BalancingMethod::kSourceHash, BalancingMethod::kMaglev}) {
    Use(method);
    for (const auto& [port, target] : targets) CHECK(appliance.Where(Ack(port)) == target);
  }
}

TEST_CASE_METHOD(Fixture, "P2: an affinity comes before the method", "[datapath]") {
  Use(BalancingMethod::kRoundRobin);
  appliance.StartAffinity(ClientAt(kWeb), Target(1));
  for (std::uint16_t port = 40000; port < 40010; ++port)
    CHECK(appliance.Where(Syn(port)) == "web-2");
}

TEST_CASE_METHOD(Fixture, "P5: what is no request goes by the ring, whatever the method",
                 "[datapath]") {
  Use(GENERATE(BalancingMethod::kRoundRobin, BalancingMethod::kLeastConnections,
               BalancingMethod::kSourceHash));
  for (std::uint16_t port = 40000; port < 40030; ++port)
    CHECK(appliance.Where(Request(port)) == appliance.OnRing(WebFlow(port)));
}

TEST_CASE("P8: a request that nobody remembers goes by the ring, as its successors will",
          "[datapath]") {
  Fixture test({.connections = 1024});
  test.Use(BalancingMethod::kRoundRobin);
  // Full of connections that are proven.
  for (std::uint32_t n = 0; test.appliance.counters().connections_not_remembered.Read() == 0; ++n) {
    const std::string client = IpAddress::FromV4(0xc6120000 + n).ToString();
    const auto packet = [&] { return TcpPacket().From(client, 40000).To("192.0.2.1", 80); };
    test.appliance.Turn({packet().Syn().Build()});
    for (int i = 0; i < 2; ++i) test.appliance.Turn({packet().Ack().Payload("GET /").Build()});
  }
  int by_ring = 0;
  const auto& not_remembered = test.appliance.counters().connections_not_remembered;
  for (std::uint16_t port = 50000; port < 50500; ++port) {
    const std::uint64_t before = not_remembered.Read();
    const std::string target = test.appliance.Where(Syn(port));
    if (not_remembered.Read() == before) continue;
    ++by_ring;
    CHECK(target == test.appliance.OnRing(WebFlow(port)));
  }
  CHECK(by_ring > 100);
  CHECK(test.appliance.AllAccounted());
}

TEST_CASE_METHOD(Fixture, "P6: a request is refused when no target has a weight", "[datapath]") {
  Use(GENERATE(BalancingMethod::kRoundRobin, BalancingMethod::kLeastConnections,
               BalancingMethod::kSourceHash),
      {0, 0, 0});
  CHECK(appliance.Where(Syn(40000)) == "client");
  CHECK(appliance.counters().drops[DropReason::kNoTarget].Read() == 1);
}

}  // namespace
}  // namespace holdfast
