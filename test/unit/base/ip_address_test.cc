#include "base/ip_address.h"

#include <catch2/catch.hpp>

namespace holdfast {
namespace {

IpAddress Address(const char* text) { return IpAddress::Parse(text).value(); }
IpPrefix Prefix(const char* text) { return IpPrefix::Parse(text).value(); }

TEST_CASE("an address reads back as it was written", "[base]") {
  for (const char* text : {"192.0.2.1", "0.0.0.0", "255.255.255.255", "2001:db8::1", "::"})
    CHECK(Address(text).ToString() == text);
}

TEST_CASE("an IPv4-mapped IPv6 address is the IPv4 address", "[base]") {
  CHECK(Address("::ffff:192.0.2.1") == Address("192.0.2.1"));
  CHECK(Address("192.0.2.1").V4() == 0xC0000201);
}

TEST_CASE("what is no address is refused with its text", "[base]") {
  for (const char* text : {"", "10.0.0", "10.0.0.256", "10.0.0.1 ", "2001:db8:::1", "host"}) {
    const auto parsed = IpAddress::Parse(text);
    REQUIRE_FALSE(parsed.ok());
    CHECK(std::string(parsed.status().message()).find("'" + std::string(text) + "'") !=
          std::string::npos);
  }
}

TEST_CASE("what follows a zero byte is not ignored", "[base]") {
  CHECK_FALSE(IpAddress::Parse(absl::string_view("10.0.0.1\0x", 10)).ok());
}

TEST_CASE("a prefix holds its own addresses and no others", "[base]") {
  CHECK(Prefix("10.0.0.0/9").Contains(Address("10.127.255.255")));
  CHECK_FALSE(Prefix("10.0.0.0/9").Contains(Address("10.128.0.0")));
  CHECK(Prefix("0.0.0.0/0").Contains(Address("255.255.255.255")));
  CHECK_FALSE(Prefix("0.0.0.0/0").Contains(Address("::1")));
  CHECK(Prefix("2001:db8::/33").Contains(Address("2001:db8:7fff::1")));
  CHECK_FALSE(Prefix("2001:db8::/33").Contains(Address("2001:db8:8000::1")));
}

TEST_CASE("a subnet has a broadcast address, a link of two and a host have none", "[base]") {
  CHECK(Prefix("10.0.0.1/24").Broadcast() == Address("10.0.0.255"));
  CHECK(Prefix("10.0.0.1/30").Broadcast() == Address("10.0.0.3"));
  CHECK(Prefix("10.1.2.3/0").Broadcast() == Address("255.255.255.255"));
  for (const char* text : {"10.0.0.1/31", "10.0.0.1/32", "2001:db8::1/64"})
    CHECK_FALSE(Prefix(text).Broadcast());
}

TEST_CASE("a prefix with bits outside itself is not canonical", "[base]") {
  CHECK(Prefix("10.0.0.0/24").IsCanonical());
  CHECK_FALSE(Prefix("10.0.0.1/24").IsCanonical());
  CHECK(Prefix("10.0.0.1/32").IsCanonical());
}

TEST_CASE("a prefix without a valid length is refused", "[base]") {
  for (const char* text : {"10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "::/129"})
    CHECK_FALSE(IpPrefix::Parse(text).ok());
}

}  // namespace
}  // namespace holdfast
