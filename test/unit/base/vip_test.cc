#include "base/vip.h"

#include <catch2/catch.hpp>

namespace holdfast {
namespace {

Vip Of(const char* prefix) { return Vip(IpPrefix::Parse(prefix).value()); }

TEST_CASE("a VIP is one address, or all of a prefix", "[base]") {
  const Vip one(IpAddress::Parse("192.0.2.1").value());
  CHECK(one.ToString() == "192.0.2.1");
  CHECK(one == Of("192.0.2.1/32"));
  const Vip prefix = Of("2001:db8::/124");
  CHECK(prefix.ToString() == "2001:db8::/124");
  CHECK(prefix.Contains(IpAddress::Parse("2001:db8::f").value()));
  CHECK_FALSE(prefix.Contains(IpAddress::Parse("2001:db8::10").value()));
}

TEST_CASE("a prefix is announced address by address only while it is small", "[base]") {
  CHECK(Of("192.0.2.16/28").AddressesIfFew().size() == 16);
  CHECK(Of("192.0.2.16/28").AddressesIfFew().back().ToString() == "192.0.2.31");
  CHECK(Of("192.0.2.1/32").AddressesIfFew().size() == 1);
  CHECK(Of("192.0.2.0/27").AddressesIfFew().empty());
  CHECK(Of("2001:db8::/124").AddressesIfFew().back().ToString() == "2001:db8::f");
  CHECK(Of("2001:db8::/64").AddressesIfFew().empty());
}

TEST_CASE("the first address of a prefix", "[base]") {
  const auto network = [](const char* text) { return IpPrefix::Parse(text)->Network().ToString(); };
  CHECK(network("192.0.2.77/28") == "192.0.2.64");
  CHECK(network("192.0.2.77/32") == "192.0.2.77");
  CHECK(network("192.0.2.77/0") == "0.0.0.0");
  CHECK(network("2001:db8:1:2:3:4:5:6/64") == "2001:db8:1:2::");
  CHECK(network("2001:db8:1:2:3:4:5:6/72") == "2001:db8:1:2::");
  CHECK(network("2001:db8:1:2:3:4:5:6/128") == "2001:db8:1:2:3:4:5:6");
  CHECK(network("2001:db8::1/0") == "::");
}

}  // namespace
}  // namespace holdfast
