#include "base/port_set.h"

#include <catch2/catch.hpp>

namespace holdfast {
namespace {

TEST_CASE("ports are read as an operator writes them", "[base]") {
  CHECK(PortRange::Parse("80") == PortRange(80));
  CHECK(PortRange::Parse("8000-8999") == PortRange(8000, 8999));
  CHECK(PortRange::Parse("80-80") == PortRange(80));
  CHECK(PortRange::Parse("all") == PortRange::Every());
  CHECK(PortRange::Parse("1-65535") == PortRange::Every());
  for (const char* none : {"", "0", "65536", "-", "80-", "-80", "90-80", "0-80", "80-65536", "+80",
                           " 80", "8e1", "every", "80-90-100", "99999999999"}) {
    CAPTURE(none);
    CHECK_FALSE(PortRange::Parse(none));
  }
  for (const char* text : {"80", "8000-8999", "all"})
    CHECK(PortRange::Parse(text)->ToString() == text);
}

TEST_CASE("a set has the ports of its ranges, and no others", "[base]") {
  const PortSet set({PortRange(8000, 8999), PortRange(80), PortRange(9000, 9001)});
  for (const std::uint16_t in : {80, 8000, 8500, 8999, 9000, 9001}) CHECK(set.Contains(in));
  for (const std::uint16_t out : {0, 79, 81, 7999, 9002, 65535}) CHECK_FALSE(set.Contains(out));
  CHECK(set.Texts() == std::vector<std::string>{"80", "8000-8999", "9000-9001"});
  CHECK_FALSE(PortSet().Contains(80));
}

TEST_CASE("a set includes another one, also over ranges that touch", "[base]") {
  const PortSet set({PortRange(8000, 8999), PortRange(80), PortRange(9000, 9001)});
  CHECK(set.Includes({PortRange(8990, 9001)}));
  CHECK(set.Includes({PortRange(80), PortRange(8500)}));
  CHECK(set.Includes(set));
  CHECK(set.Includes({}));
  CHECK_FALSE(set.Includes({PortRange(8990, 9002)}));
  CHECK_FALSE(set.Includes({PortRange(79, 80)}));
  CHECK_FALSE(set.Includes({PortRange::Every()}));
  CHECK(PortSet({PortRange::Every()}).Includes(set));
}

}  // namespace
}  // namespace holdfast
