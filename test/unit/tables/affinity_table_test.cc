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
  template <typename Accept = decltype(kEverybody)>
  std::optional<TargetHandle> FindFor(const IpAddress& client, std::uint16_t client_port,
                                      std::uint16_t service_port, Accept accept = kEverybody,
                                      ServiceSlot service = kWeb) const {
    const auto owner = table.Find(service, client, client_port, service_port, accept);
    return owner ? std::optional(owner->target) : std::nullopt;
  }
  std::optional<TargetHandle> Find(std::uint16_t client_port, std::uint16_t service_port) const {
    return FindFor(kClient, client_port, service_port);
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
  CHECK(FindFor(IpAddress::FromV4(0xc6336408), 40000, 80) == std::nullopt);
  CHECK(FindFor(kClient, 40000, 80, kEverybody, kDns) == std::nullopt);
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
  const AffinityCell cells[] = {{kWeb, kClient, kAny, kAny},
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
  CHECK(FindFor(kClient, 40000, 80, not_green) == kBlue);
  const auto nobody = [](TargetHandle) { return false; };
  CHECK(FindFor(kClient, 40000, 80, nobody) == std::nullopt);
}

TEST_CASE_METHOD(Fixture, "P2: IPv6 clients are told apart by all their bits", "[tables]") {
  IpAddress::Bytes bytes{0x20, 0x01, 0x0d, 0xb8};
  const IpAddress client = IpAddress::FromV6(bytes);
  REQUIRE(writer.Insert({kWeb, client, kAny, kAny}, kBlue));
  CHECK(FindFor(client, 1, 80) == kBlue);
  bytes[15] = 1;
  CHECK(FindFor(IpAddress::FromV6(bytes), 1, 80) == std::nullopt);
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

// The client in so wide a prefix.
AffinityCell Around(std::uint8_t host_bits, std::uint16_t client_port = kAny,
                    std::uint16_t service_port = kAny) {
  return {kWeb, kClient.WithoutLast(host_bits), client_port, service_port, host_bits};
}

TEST_CASE_METHOD(Fixture, "P2: the longest prefix wins, before any port that is named",
                 "[tables]") {
  REQUIRE(writer.Insert(Around(16, 40000, 80), TargetHandle(1, 0)));
  CHECK(Find(40000, 80) == TargetHandle(1, 0));
  REQUIRE(writer.Insert(Around(8), TargetHandle(2, 0)));
  CHECK(Find(40000, 80) == TargetHandle(2, 0));
  REQUIRE(writer.Insert(Around(0), TargetHandle(3, 0)));
  CHECK(Find(40000, 80) == TargetHandle(3, 0));
  CHECK(FindFor(IpAddress::FromV4(0xc6336408), 40000, 80) == TargetHandle(2, 0));
  CHECK(FindFor(IpAddress::FromV4(0xc6330000), 40000, 80) == TargetHandle(1, 0));
  CHECK_FALSE(FindFor(IpAddress::FromV4(0xc6330000), 40000, 443));
  CHECK_FALSE(FindFor(IpAddress::FromV4(0xc6340000), 40000, 80));
}

struct RoomyFixture : Fixture {
  RoomyFixture() {
    table = AffinityTable::Create(1024, testing::kFixedKey, MemoryKind::kNormal).value();
  }
};

TEST_CASE_METHOD(RoomyFixture, "P2: every length of a prefix, IPv4 and IPv6, though there are many",
                 "[tables]") {
  IpAddress::Bytes bytes{0x20, 0x01, 0x0d, 0xb8};
  bytes[15] = 1;
  const auto [client, whole] =
      GENERATE_COPY(std::pair(kClient, 32), std::pair(IpAddress::FromV6(bytes), 128));
  for (int host_bits = whole; host_bits >= 0; --host_bits) {
    const auto bits = static_cast<std::uint8_t>(host_bits);
    REQUIRE(
        writer.Insert({kWeb, client.WithoutLast(bits), kAny, kAny, bits}, TargetHandle(bits, 0)));
    CHECK(FindFor(client, 1, 80) == TargetHandle(bits, 0));
  }
  // The last one that is asked for ahead, the first one that is not, and the last of all.
  for (const int host_bits : {7, 8, whole}) {
    const auto accept = [host_bits](TargetHandle owner) {
      return owner == TargetHandle(static_cast<std::size_t>(host_bits), 0);
    };
    CHECK(FindFor(client, 1, 80, accept) == TargetHandle(static_cast<std::size_t>(host_bits), 0));
  }
}

TEST_CASE_METHOD(Fixture, "A12: whose hole it is, is passed over for what is wider", "[tables]") {
  REQUIRE(writer.Insert(Around(8), kBlue));
  REQUIRE(writer.Insert(Around(16), kGreen));
  REQUIRE(writer.Insert(Around(0, 40000).AsHole(), kBlue));
  CHECK(Find(40000, 80) == kGreen);
  CHECK(Find(40001, 80) == kBlue);
  REQUIRE(writer.Insert(Around(0, 40000).AsHole(2), kGreen));
  CHECK(Find(40000, 80) == std::nullopt);
  REQUIRE(writer.Insert(Around(0, 40000), kBlue));  // at the hole's own place it is narrower
  CHECK(Find(40000, 80) == kBlue);
  CHECK(writer.Erase(Around(0, 40000)));
  CHECK(writer.Erase(Around(0, 40000).AsHole(2)));
  CHECK(Find(40000, 80) == kGreen);
  CHECK(writer.Erase(Around(0, 40000).AsHole()));
  CHECK(Find(40000, 80) == kBlue);
}

TEST_CASE_METHOD(Fixture, "A19: what an affinity served is known to the writer, also after a move",
                 "[tables]") {
  writer.SetSecond(100);
  REQUIRE(writer.Insert(Around(0), kBlue, true));
  CHECK(writer.LastServed(Around(0)) == 0);
  const auto owner = table.Find(kWeb, kClient, 1, 80, kEverybody);
  REQUIRE(owner);
  CHECK(owner->extends);
  table.NoteServed(*owner);
  CHECK(writer.LastServed(Around(0)) == 100);
  writer.SetSecond(101);
  for (std::uint16_t port = 1; writer.Insert({kWeb, kClient, port, kAny}, kGreen); ++port) {
  }
  CHECK(writer.LastServed(Around(0)) == 100);
  table.NoteServed(*owner);
  CHECK(writer.LastServed(Around(0)) == 101);
  CHECK(writer.Erase(Around(0)));
  REQUIRE(writer.Insert(Around(0), kBlue, true));
  CHECK(writer.LastServed(Around(0)) == 0);
}

}  // namespace
}  // namespace holdfast
