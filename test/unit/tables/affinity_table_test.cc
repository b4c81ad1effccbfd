#include "tables/affinity_table.h"

#include <catch2/catch.hpp>

#include "tables/flows.h"

namespace holdfast {
namespace {

constexpr ServiceSlot kWeb{0};
constexpr ServiceSlot kDns{1};
constexpr TargetHandle kBlue{1, 0};
constexpr TargetHandle kGreen{2, 3};
constexpr std::uint16_t kAny = 0;
const IpAddress kClient = IpAddress::FromV4(0xc6336407);

constexpr auto kEverybody = [](TargetHandle) { return true; };

struct Fixture {
  std::optional<TargetHandle> Find(std::uint16_t client_port, std::uint16_t service_port) const {
    return table.Find(kWeb, kClient, client_port, service_port, kEverybody);
  }
  AffinityTable table = AffinityTable::Create(64, testing::kFixedKey, MemoryKind::kNormal).value();
  AffinityTable::Writer writer{table};
};

TEST_CASE_METHOD(Fixture, "P2: a client without an affinity is not found", "[tables]") {
  CHECK_FALSE(table.InUse(kWeb));
  CHECK(Find(40000, 80) == std::nullopt);
  REQUIRE(writer.Insert({kWeb, kClient, kAny, kAny}, kBlue));
  CHECK(table.InUse(kWeb));
  CHECK_FALSE(table.InUse(kDns));
  CHECK(table.Find(kWeb, IpAddress::FromV4(0xc6336408), 40000, 80, kEverybody) == std::nullopt);
  CHECK(table.Find(kDns, kClient, 40000, 80, kEverybody) == std::nullopt);
}

TEST_CASE_METHOD(Fixture, "P2: a cell matches the ports that it names, and any that it does not",
                 "[tables]") {
  struct Row {
    std::uint16_t client_port, service_port;
    bool other_client_port, other_service_port;  // whether these match, too
  };
  const auto [client_port, service_port, other_client_port, other_service_port] =
      GENERATE(Row{kAny, kAny, true, true}, Row{40000, kAny, false, true},
               Row{kAny, 80, true, false}, Row{40000, 80, false, false});
  CAPTURE(client_port, service_port);
  REQUIRE(writer.Insert({kWeb, kClient, client_port, service_port}, kGreen));
  CHECK(Find(40000, 80) == kGreen);
  CHECK(Find(40001, 80).has_value() == other_client_port);
  CHECK(Find(40000, 443).has_value() == other_service_port);
  CHECK(Find(40001, 443).has_value() == (other_client_port && other_service_port));
}

// From the widest to the narrowest: each, once there, wins over those before it.
TEST_CASE_METHOD(Fixture, "P2: a named client port wins, then a named service port", "[tables]") {
  const AffinityKey cells[] = {{kWeb, kClient, kAny, kAny},
                               {kWeb, kClient, kAny, 80},
                               {kWeb, kClient, 40000, kAny},
                               {kWeb, kClient, 40000, 80}};
  for (std::size_t i = 0; i < std::size(cells); ++i) {
    REQUIRE(writer.Insert(cells[i], TargetHandle(i, 0)));
    CHECK(Find(40000, 80) == TargetHandle(i, 0));
  }
  CHECK(Find(40000, 443) == TargetHandle(2, 0));
  CHECK(Find(40001, 80) == TargetHandle(1, 0));
  CHECK(Find(40001, 443) == TargetHandle(0, 0));
  for (std::size_t i = std::size(cells); i-- > 0;) {
    CHECK(Find(40000, 80) == TargetHandle(i, 0));
    CHECK(writer.Erase(cells[i]));
  }
  CHECK(Find(40000, 80) == std::nullopt);
}

TEST_CASE_METHOD(Fixture, "P2: an owner that may not take requests is passed over", "[tables]") {
  REQUIRE(writer.Insert({kWeb, kClient, kAny, kAny}, kBlue));
  REQUIRE(writer.Insert({kWeb, kClient, 40000, 80}, kGreen));
  const auto not_green = [](TargetHandle owner) { return owner != kGreen; };
  CHECK(table.Find(kWeb, kClient, 40000, 80, not_green) == kBlue);
  const auto nobody = [](TargetHandle) { return false; };
  CHECK(table.Find(kWeb, kClient, 40000, 80, nobody) == std::nullopt);
}

TEST_CASE_METHOD(Fixture, "P2: IPv6 clients are told apart by all their bits", "[tables]") {
  IpAddress::Bytes bytes{0x20, 0x01, 0x0d, 0xb8};
  const IpAddress client = IpAddress::FromV6(bytes);
  REQUIRE(writer.Insert({kWeb, client, kAny, kAny}, kBlue));
  CHECK(table.Find(kWeb, client, 1, 80, kEverybody) == kBlue);
  bytes[15] = 1;
  CHECK(table.Find(kWeb, IpAddress::FromV6(bytes), 1, 80, kEverybody) == std::nullopt);
}

TEST_CASE_METHOD(Fixture, "inserting a cell again replaces its owner", "[tables]") {
  REQUIRE(writer.Insert({kWeb, kClient, kAny, kAny}, kBlue));
  REQUIRE(writer.Insert({kWeb, kClient, kAny, kAny}, kGreen));
  CHECK(Find(1, 80) == kGreen);
  CHECK(table.size() == 1);
  CHECK(writer.Erase({kWeb, kClient, kAny, kAny}));
  CHECK_FALSE(writer.Erase({kWeb, kClient, kAny, kAny}));
  CHECK(table.size() == 0);
  CHECK_FALSE(table.InUse(kWeb));
}

TEST_CASE_METHOD(Fixture, "a class stays in use until its last cell is gone", "[tables]") {
  REQUIRE(writer.Insert({kWeb, kClient, 40000, kAny}, kBlue));
  REQUIRE(writer.Insert({kWeb, kClient, 40001, kAny}, kGreen));
  CHECK(writer.Erase({kWeb, kClient, 40000, kAny}));
  CHECK(Find(40001, 80) == kGreen);
  CHECK(writer.Erase({kWeb, kClient, 40001, kAny}));
  CHECK_FALSE(table.InUse(kWeb));
}

TEST_CASE_METHOD(Fixture, "A9: a cell without room changes nothing", "[tables]") {
  std::uint16_t port = 1;
  while (writer.Insert({kWeb, kClient, port, kAny}, TargetHandle(port, 0))) ++port;
  CHECK(port > 64);
  CHECK(table.size() == port - 1U);
  CHECK(Find(port, 80) == std::nullopt);
  for (std::uint16_t held = 1; held < port; ++held) CHECK(Find(held, 80) == TargetHandle(held, 0));
  CHECK(writer.Erase({kWeb, kClient, 1, kAny}));
  CHECK(table.size() == port - 2U);
}

}  // namespace
}  // namespace holdfast
