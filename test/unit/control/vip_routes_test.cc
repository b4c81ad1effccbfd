#include "control/vip_routes.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace holdfast {
namespace {

IpAddress Address(const std::string& text) { return IpAddress::Parse(text).value(); }

// Notes what it is told, and refuses while `broken`.
struct FakeTable {
  std::set<std::string> routes;
  std::vector<std::string> told;
  bool broken = false;

  VipRoutes::Table table() {
    return {.add = [this](const Vip& vip) { return Tell("+", vip); },
            .remove = [this](const Vip& vip) { return Tell("-", vip); }};
  }
  absl::Status Tell(const std::string& what, const Vip& vip) {
    told.push_back(what + vip.ToString());
    if (broken) return absl::UnavailableError("broken");
    if (what == "+")
      routes.insert(vip.ToString());
    else
      routes.erase(vip.ToString());
    return absl::OkStatus();
  }
};

ServiceView Service(const std::string& name, const std::string& vip, bool has_target) {
  ServiceView service;
  service.name = name;
  service.vip = Address(vip);
  service.ports = {80};
  if (has_target) service.ring = MaglevRing(std::vector<MaglevRing::Choice>{{"web-1", 100, 0}}, 1);
  return service;
}

Snapshot Services(std::vector<ServiceView> services) {
  return Snapshot({.version = 1, .targets = {}, .services = std::move(services)});
}

using Routes = std::set<std::string>;

TEST_CASE("a VIP has a route while one of its services has a usable target", "[control]") {
  FakeTable table;
  VipRoutes routes(table.table());
  ServiceView second = Service("dns", "192.0.2.1", false);
  second.ports = {53};
  routes.Follow(
      Services({Service("web", "192.0.2.1", true), second, Service("six", "2001:db8::1", true),
                Service("off", "192.0.2.2", false)}));
  CHECK(table.routes == Routes{"192.0.2.1", "2001:db8::1"});

  second.ring = MaglevRing(std::vector<MaglevRing::Choice>{{"web-2", 100, 1}}, 1);
  table.told.clear();
  routes.Follow(
      Services({Service("web", "192.0.2.1", false), second, Service("off", "192.0.2.2", true)}));
  CHECK(table.routes == Routes{"192.0.2.1", "192.0.2.2"});
  CHECK(table.told == std::vector<std::string>{"-2001:db8::1", "+192.0.2.2"});

  routes.Follow(Services({}));
  CHECK(table.routes.empty());
}

TEST_CASE("a service that is gone from its slot has no route", "[control]") {
  FakeTable table;
  VipRoutes routes(table.table());
  routes.Follow(Services({Service("", "192.0.2.1", true)}));
  CHECK(table.routes.empty());
}

TEST_CASE("what the kernel refuses is tried again", "[control]") {
  FakeTable table;
  VipRoutes routes(table.table());
  table.broken = true;
  routes.Follow(Services({Service("web", "192.0.2.1", true)}));
  CHECK(table.routes.empty());
  table.broken = false;
  routes.Retry();
  CHECK(table.routes == Routes{"192.0.2.1"});
  table.broken = true;
  routes.Follow(Services({}));
  table.broken = false;
  routes.Retry();
  CHECK(table.routes.empty());
  table.told.clear();
  routes.Retry();
  CHECK(table.told.empty());
}

TEST_CASE("at the end no route is left", "[control]") {
  FakeTable table;
  {
    VipRoutes routes(table.table());
    routes.Follow(Services({Service("web", "192.0.2.1", true)}));
    REQUIRE(table.routes.size() == 1);
  }
  CHECK(table.routes.empty());
}

}  // namespace
}  // namespace holdfast
