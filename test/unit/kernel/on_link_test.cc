#include "kernel/on_link.h"

#include <catch2/catch.hpp>

#include "kernel/own_network.h"

namespace holdfast {
namespace {

TEST_CASE("the kernel sends what is for an address by the interface, and asks nobody", "[kernel]") {
  if (!EnterOwnNetwork()) return;
  Printed("ip link add one type veth peer name two; ip link set one up; ip link set two up");
  for (const char* text : {"192.0.2.1", "2001:db8::1"}) {
    CAPTURE(text);
    const IpAddress address = IpAddress::Parse(text).value();
    CHECK(PutOnLink(address, "one").ok());
    CHECK(PutOnLink(address, "one").ok());
    CHECK(Printed(std::string("ip neighbour show to ") + text).find("dev one lladdr") !=
          std::string::npos);
  }
  CHECK(Printed("ip -6 route show 2001:db8::1").find("dev one proto 200") != std::string::npos);
  CHECK(Printed("ip route show").empty());

  const auto failed = PutOnLink(IpAddress::Parse("192.0.2.1").value(), "none");
  CHECK(failed.message().find("192.0.2.1 by none") != std::string::npos);
}

}  // namespace
}  // namespace holdfast
