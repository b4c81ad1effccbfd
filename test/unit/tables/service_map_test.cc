#include "tables/service_map.h"

#include <catch2/catch.hpp>
#include <optional>
#include <random>

namespace holdfast {
namespace {

IpAddress Address(const std::string& text) { return IpAddress::Parse(text).value(); }

struct Service {
  const char* vip;
  PortSet ports;
  Protocol protocol = Protocol::kTcp;
};

// The service's place in the list is its slot.
ServiceMap MapOf(const std::vector<Service>& services) {
  std::vector<ServiceMap::Place> places;
  for (const Service& service : services) {
    const std::string text = service.vip;
    const Vip vip =
        text.find('/') == text.npos ? Vip(Address(text)) : Vip(IpPrefix::Parse(text).value());
    places.push_back({vip, service.protocol, service.ports,
                      Destination(ServiceSlot(places.size()), ForwardingMode::kL2, vip.IsV4())});
  }
  return ServiceMap(places);
}

// -1: none.
int Of(const ServiceMap& map, const std::string& vip, std::uint16_t port,
       Protocol protocol = Protocol::kTcp) {
  const IpAddress address = Address(vip);
  const auto found = map.Classify(
      FlowKey{.client = address, .vip = address, .vip_port = port, .protocol = protocol});
  return found.exists() ? static_cast<int>(Index(found.service())) : -1;
}

// The same with either family.
struct Family {
  const char* wide;
  const char* narrow;     // in it
  const char* vip;        // in that
  const char* beside;     // in narrow
  const char* elsewhere;  // in none of them
};
constexpr Family kFamilies[] = {
    {"192.0.2.0/24", "192.0.2.16/28", "192.0.2.17", "192.0.2.18", "192.0.3.1"},
    {"2001:db8::/120", "2001:db8::10/124", "2001:db8::11", "2001:db8::12", "2001:db8::1:1"}};

TEST_CASE("a named port comes before a range, a range before every port", "[tables]") {
  for (const Family& family : kFamilies) {
    const char* vip = family.vip;
    const ServiceMap map = MapOf({{vip, {PortRange::Every()}},
                                  {vip, {PortRange(8000, 8999), PortRange(100, 200)}},
                                  {vip, {80, 8080, 8999}},
                                  {vip, {53, PortRange(8000, 8001)}, Protocol::kUdp}});
    CHECK(Of(map, vip, 80) == 2);
    CHECK(Of(map, vip, 8080) == 2);
    CHECK(Of(map, vip, 8999) == 2);
    CHECK(Of(map, vip, 8000) == 1);
    CHECK(Of(map, vip, 8079) == 1);
    CHECK(Of(map, vip, 8081) == 1);
    CHECK(Of(map, vip, 8998) == 1);
    CHECK(Of(map, vip, 7999) == 0);
    CHECK(Of(map, vip, 9000) == 0);
    CHECK(Of(map, vip, 1) == 0);
    CHECK(Of(map, vip, 65535) == 0);
    CHECK(Of(map, vip, 0) == -1);
    CHECK(Of(map, vip, 53, Protocol::kUdp) == 3);
    CHECK(Of(map, vip, 8001, Protocol::kUdp) == 3);
    CHECK(Of(map, vip, 8002, Protocol::kUdp) == -1);
    CHECK(Of(map, family.beside, 80) == -1);
  }
}

// What was not read as a packet may say anything.
TEST_CASE("a protocol that no service has finds none", "[tables]") {
  for (const Family& family : kFamilies) {
    const ServiceMap map = MapOf({{family.vip, {80}}, {family.wide, {PortRange::Every()}}});
    for (int protocol = 0; protocol < 256; ++protocol) {
      const bool is_tcp = Protocol(protocol) == Protocol::kTcp;
      CHECK((Of(map, family.vip, 80, Protocol(protocol)) == 0) == is_tcp);
      CHECK((Of(map, family.beside, 80, Protocol(protocol)) == 1) == is_tcp);
    }
  }
}

TEST_CASE("one address comes before a prefix, a longer prefix before a shorter one", "[tables]") {
  for (const Family& family : kFamilies) {
    const ServiceMap map = MapOf({{family.wide, {PortRange::Every()}},
                                  {family.narrow, {80, PortRange(8000, 8999)}},
                                  {family.vip, {80, 443}}});
    CHECK(Of(map, family.vip, 443) == 2);
    CHECK(Of(map, family.vip, 80) == 2);
    // It has no service for these ports: the next wider one.
    CHECK(Of(map, family.vip, 8000) == 1);
    CHECK(Of(map, family.vip, 22) == 0);
    CHECK(Of(map, family.beside, 80) == 1);
    CHECK(Of(map, family.beside, 443) == 0);
    CHECK(Of(map, family.elsewhere, 80) == -1);
  }
}

TEST_CASE("every address of a prefix is a VIP, and none beside it", "[tables]") {
  const ServiceMap map = MapOf({{"192.0.2.16/28", {80}},
                                {"192.0.2.99", {80}},
                                {"2001:db8::10/124", {80}},
                                {"2001:db8::99", {80}}});
  for (const char* vip : {"192.0.2.16", "192.0.2.20", "192.0.2.31", "192.0.2.99", "2001:db8::10",
                          "2001:db8::1f", "2001:db8::99"})
    CHECK(map.IsVip(Address(vip)));
  for (const char* other : {"192.0.2.15", "192.0.2.32", "192.0.2.98", "2001:db8::f", "2001:db8::20",
                            "0.0.0.0", "::", "255.255.255.255"})
    CHECK_FALSE(map.IsVip(Address(other)));
  CHECK(map.IsVipOfItsOwn(Address("192.0.2.99")));
  CHECK(map.IsVipOfItsOwn(Address("2001:db8::99")));
  CHECK_FALSE(map.IsVipOfItsOwn(Address("192.0.2.16")));
  CHECK_FALSE(map.IsVipOfItsOwn(Address("2001:db8::10")));
}

TEST_CASE("named ports of single addresses need no second look", "[tables]") {
  CHECK_FALSE(
      MapOf({{"192.0.2.1", {80, 443}}, {"2001:db8::1", {PortRange::Every()}}}).HasWidePlaces());
  CHECK(MapOf({{"192.0.2.1", {PortRange(80, 81)}}}).HasWidePlaces());
  CHECK(MapOf({{"192.0.2.0/31", {80}}}).HasWidePlaces());
  CHECK_FALSE(MapOf({}).HasWidePlaces());
  CHECK(Of(MapOf({}), "192.0.2.1", 80) == -1);
}

// The rules, one by one, of all services.
int Slowly(const std::vector<Service>& services, const IpAddress& vip, std::uint16_t port) {
  int best = -1;
  std::pair<int, int> least{1000, 1000};
  for (std::size_t i = 0; i < services.size(); ++i) {
    const std::string text = services[i].vip;
    const Vip at =
        text.find('/') == text.npos ? Vip(Address(text)) : Vip(IpPrefix::Parse(text).value());
    if (!at.Contains(vip)) continue;
    for (const PortRange range : services[i].ports.ranges()) {
      if (!range.Contains(port)) continue;
      const std::pair<int, int> cost{32 - at.prefix().length, range.IsOne()     ? 0
                                                              : range.IsEvery() ? 2
                                                                                : 1};
      if (cost < least) least = cost, best = static_cast<int>(i);
    }
  }
  return best;
}

TEST_CASE("200,000 look-ups find what the rules say", "[tables]") {
  const std::vector<Service> services = {
      {"192.0.2.1", {80, 443}},
      {"192.0.2.1", {PortRange(60, 90), PortRange(100, 120)}},
      {"192.0.2.1", {PortRange::Every()}},
      {"192.0.2.0/28", {70, PortRange(1, 69)}},
      {"192.0.2.0/28", {PortRange(71, 75), 90, 91, 92, 93, 94, 95, 96, 97, 98, 99}},
      {"192.0.2.0/26", {PortRange::Every()}},
      {"192.0.2.8/29", {PortRange(40, 140)}},
      {"192.0.2.70", {PortRange(1, 100)}},
      {"192.0.2.64/26", {100, 101}},
  };
  const ServiceMap map = MapOf(services);
  std::mt19937 random(2026);
  for (int i = 0; i < 200'000; ++i) {
    const IpAddress vip = IpAddress::FromV4(0xc0000200 + random() % 130);
    const auto port = static_cast<std::uint16_t>(random() % 150);
    const int found = Of(map, vip.ToString(), port);
    if (found == Slowly(services, vip, port)) continue;
    FAIL(vip.ToString() << " port " << port << ": " << found);
  }
}

}  // namespace
}  // namespace holdfast
