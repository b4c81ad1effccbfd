#include "kernel/tap.h"

#include <unistd.h>

#include <catch2/catch.hpp>

#include "kernel/interface_settings.h"
#include "kernel/own_network.h"

namespace holdfast {
namespace {

using Catch::Contains;

Tap::Identity Kern0() {
  return {.interface = "kern0",
          .mac = MacAddress::Parse("02:00:00:00:00:07").value(),
          .mtu = 1400,
          .addresses = {IpPrefix::Parse("10.0.0.1/24").value(),
                        IpPrefix::Parse("2001:db8::1/64").value()}};
}

TEST_CASE("a TAP has the MAC, MTU and addresses of its port, and goes with its owner", "[kernel]") {
  if (!EnterOwnNetwork()) return;
  {
    const auto tap = Tap::Create(Kern0());
    REQUIRE(tap.ok());
    const std::string shown = Printed("ip address show dev kern0");
    for (const char* part :
         {"link/ether 02:00:00:00:00:07", "mtu 1400", "UP", "inet 10.0.0.1/24 brd 10.0.0.255",
          "inet6 2001:db8::1/64 scope global nodad"})
      CHECK_THAT(shown, Contains(part));
    // The kernel asks for a neighbour: a frame from the TAP.
    Printed("ping -c 1 -W 1 10.0.0.2");
    std::array<char, 2048> frame;
    CHECK(read(tap->descriptor(), frame.data(), frame.size()) > 14);
  }
  CHECK_THAT(Printed("ip link show kern0"), Contains("does not exist"));
}

TEST_CASE("what an interface refuses is told with its name, the value and the errno", "[kernel]") {
  if (!EnterOwnNetwork()) return;
  const auto why = [](const Tap::Identity& identity) {
    return std::string(Tap::Create(identity).status().message());
  };
  Printed("ip link add taken type bridge");
  Tap::Identity taken = Kern0();
  taken.interface = "taken";
  CHECK(why(taken) ==
        "kernel interface 'taken': there is one of this name already (Device or resource busy, "
        "errno 16)");
  Tap::Identity group = Kern0();
  group.mac = MacAddress{{1, 0, 0, 0, 0, 1}};
  CHECK(why(group) ==
        "kernel interface 'kern0': it refuses the MAC address 01:00:00:00:00:01 (Cannot assign "
        "requested address, errno 99)");
  Tap::Identity tiny = Kern0();
  tiny.mtu = 10;
  CHECK_THAT(why(tiny), Contains("kernel interface 'kern0': it refuses an MTU of 10 ("));
  CHECK_THAT(Printed("ip link show kern0"), Contains("does not exist"));
}

TEST_CASE("settings of an interface that is not there name the file", "[kernel]") {
  if (!EnterOwnNetwork()) return;
  CHECK(SilenceInterfaceUnderPort("nosuch0").message() ==
        "/proc/sys/net/ipv4/conf/nosuch0/rp_filter cannot be set to 1 (No such file or directory, "
        "errno 2)");
}

}  // namespace
}  // namespace holdfast
