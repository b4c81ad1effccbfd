// Timeouts and half-open limits of single services.
#include <catch2/catch.hpp>

#include "datapath/flows.h"

namespace holdfast {
namespace {

std::uint64_t RequestsOf(TestAppliance& appliance, ServiceSlot service) {
  std::uint64_t requests = 0;
  for (std::size_t i = 0; i < kDecisionNames.size(); ++i)
    requests +=
        appliance.counters().services[Index(service)].requests[static_cast<Decision>(i)].Read();
  return requests;
}

void Open(TestAppliance& appliance, std::uint16_t port) {
  appliance.Turn({Syn(port), Ack(port), Request(port)});
}
void SweepAll(TestAppliance& appliance) {
  for (int turn = 0; turn < 50; ++turn) appliance.Advance(1), appliance.Turn({});
}

TEST_CASE("P1: a connection is forgotten after its service's timeout", "[datapath]") {
  TestAppliance appliance;
  appliance.parts.services[Index(kWeb)].timeouts = ConnectionTimeouts{.tcp_established = 60};
  appliance.Publish();
  Open(appliance, 40001);
  appliance.Turn({Query(5000)});
  appliance.Advance(60 + 8);
  appliance.Turn({Syn(40001)});
  CHECK(RequestsOf(appliance, kWeb) == 1);  // the connection goes on
  appliance.Advance(60 + 8 + 1);
  appliance.Turn({Syn(40001)});
  CHECK(RequestsOf(appliance, kWeb) == 2);
  appliance.Turn({Query(5000)});
  CHECK(RequestsOf(appliance, kDns) == 1);  // udp has 180 s as before
}

TEST_CASE("P1: a service may have a longer timeout than all others", "[datapath]") {
  TestAppliance appliance;
  appliance.parts.services[Index(kDns)].timeouts = ConnectionTimeouts{.udp = 3600};
  appliance.Publish();
  appliance.Turn({Query(5000)});
  appliance.Advance(3000);
  SweepAll(appliance);
  CHECK(appliance.connections().size() == 1);
  appliance.Turn({Query(5000)});
  CHECK(RequestsOf(appliance, kDns) == 1);
}

TEST_CASE("P1: a live change of timeouts holds for connections that there are", "[datapath]") {
  TestAppliance appliance;
  Open(appliance, 40001);
  appliance.Advance(100);
  SweepAll(appliance);
  CHECK(appliance.connections().size() == 1);
  appliance.parts.services[Index(kWeb)].timeouts = ConnectionTimeouts{.tcp_established = 60};
  appliance.Publish();
  SweepAll(appliance);
  CHECK(appliance.connections().size() == 0);
  CHECK(appliance.AllAccounted());
}

TEST_CASE("P8: above max_half_open a SYN is forwarded by the ring and not remembered",
          "[datapath]") {
  TestAppliance appliance;
  appliance.parts.services[Index(kWeb)].max_half_open = 10;
  appliance.Publish();
  for (std::uint16_t port = 40000; port < 40030; ++port)
    CHECK(appliance.Where(Syn(port)) == appliance.OnRing(WebFlow(port)));
  const ServiceCounters& web = appliance.counters().services[Index(kWeb)];
  CHECK(appliance.connections().size() == 10);
  CHECK(appliance.connections().half_open(kWeb) == 10);
  CHECK(web.half_open_limit.Read() == 20);
  CHECK(web.packets[Step::kBalanced].Read() == 10);
  CHECK(web.packets[Step::kRing].Read() == 20);
  CHECK(RequestsOf(appliance, kWeb) == 30);

  // Its next packet finds the same target, and is remembered (P5).
  CHECK(appliance.Where(Ack(40029)) == appliance.OnRing(WebFlow(40029)));
  CHECK(appliance.connections().size() == 11);
  // One that goes on makes room; a repeated SYN needs none.
  appliance.Turn({Syn(40000), Ack(40001), Rst(40002)});
  CHECK(appliance.connections().half_open(kWeb) == 8);
  appliance.Turn({Syn(41000), Syn(41001), Syn(41002)});
  CHECK(appliance.connections().half_open(kWeb) == 10);
  CHECK(web.half_open_limit.Read() == 21);
  appliance.Turn({Query(5000)});  // no limit of others
  CHECK(RequestsOf(appliance, kDns) == 1);
  CHECK(appliance.AllAccounted());
}

TEST_CASE("P8: half-open connections that idle out make room", "[datapath]") {
  TestAppliance appliance;
  appliance.parts.services[Index(kWeb)].max_half_open = 5;
  appliance.Publish();
  for (std::uint16_t port = 40000; port < 40010; ++port) appliance.Turn({Syn(port)});
  CHECK(appliance.connections().half_open(kWeb) == 5);
  appliance.Advance(31);
  SweepAll(appliance);
  CHECK(appliance.connections().half_open(kWeb) == 0);
  appliance.Turn({Syn(40009)});
  CHECK(appliance.connections().half_open(kWeb) == 1);
}

}  // namespace
}  // namespace holdfast
