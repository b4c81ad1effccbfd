#include "base/own_address.h"

#include <catch2/catch.hpp>

namespace holdfast {
namespace {

IpAddress Address(const char* text) { return IpAddress::Parse(text).value(); }

TEST_CASE("a neighbour knows us by the own address in its subnet, or else of its family",
          "[base]") {
  const std::vector<IpPrefix> own = {{Address("10.0.0.1"), 24},
                                     {Address("2001:db8::1"), 64},
                                     {Address("10.0.9.1"), 24},
                                     {Address("fd00::1"), 64}};
  const auto known_as = [&](const char* neighbour) {
    return OwnAddressFor(own, Address(neighbour)).ToString();
  };
  CHECK(known_as("10.0.0.11") == "10.0.0.1");
  CHECK(known_as("10.0.9.11") == "10.0.9.1");
  CHECK(known_as("203.0.113.5") == "10.0.0.1");
  CHECK(known_as("fd00::11") == "fd00::1");
  CHECK(known_as("fe80::11") == "2001:db8::1");
}

TEST_CASE("only fe80::/10 is link-local", "[base]") {
  CHECK(Address("fe80::1").IsLinkLocal());
  CHECK(Address("febf::1").IsLinkLocal());
  CHECK_FALSE(Address("fec0::1").IsLinkLocal());
  CHECK_FALSE(Address("169.254.0.1").IsLinkLocal());
}

}  // namespace
}  // namespace holdfast
