#include "kernel/host_routes.h"

#include <catch2/catch.hpp>

#include "kernel/own_network.h"

namespace holdfast {
namespace {

constexpr std::uint32_t kTable = 1000;  // beyond what one byte of the header can say

IpAddress Address(const char* text) { return IpAddress::Parse(text).value(); }
bool Stands(const std::string& route) {
  return Printed("ip route show table 1000; ip -6 route show table 1000")
             .find("unreachable " + route) != std::string::npos;
}

TEST_CASE("a route to an address stands in its table, of either family", "[kernel]") {
  if (!EnterOwnNetwork()) return;
  Printed("ip link set lo up");
  auto routes = HostRoutes::Open(kTable).value();
  for (const char* vip : {"192.0.2.1", "2001:db8::1"}) {
    CAPTURE(vip);
    CHECK(routes.Add(Address(vip)).ok());
    CHECK(Stands(vip));
    CHECK(routes.Add(Address(vip)).ok());
    CHECK(routes.Remove(Address(vip)).ok());
    CHECK_FALSE(Stands(vip));
    CHECK(routes.Remove(Address(vip)).ok());
  }
}

TEST_CASE("what an earlier run left is removed, what others made stays", "[kernel]") {
  if (!EnterOwnNetwork()) return;
  Printed("ip link set lo up");
  const std::string made = Printed(
      "ip route add unreachable 192.0.2.1 table 1000 proto 200;"
      "ip route add unreachable 192.0.2.2 table 1000 proto static;"
      "ip route add unreachable 192.0.3.0/24 table 1000 proto 200;"
      "ip route add unreachable 192.0.2.1 table 1001 proto 200;"
      "ip -6 route add unreachable 2001:db8::1 table 1000 proto 200;"
      "ip -6 route add unreachable 2001:db8::2 table 1000 proto static");
  REQUIRE(made.empty());
  REQUIRE(HostRoutes::Open(kTable).ok());
  CHECK_FALSE(Stands("192.0.2.1 "));
  CHECK_FALSE(Stands("2001:db8::1 "));
  CHECK(Stands("192.0.2.2 "));
  CHECK(Stands("192.0.3.0/24 "));
  CHECK(Stands("2001:db8::2 "));
  CHECK_FALSE(Printed("ip route show table 1001").empty());
}

}  // namespace
}  // namespace holdfast
