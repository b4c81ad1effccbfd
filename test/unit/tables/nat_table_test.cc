#include "tables/nat_table.h"

#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "support/frame.h"

namespace holdfast {
namespace {

constexpr HashKey kKey{{7, 8}};
constexpr PortRange kPorts{20000, 20099};

NatTable MakeTable(std::size_t capacity, PortRange ports = kPorts) {
  return NatTable::Create(capacity, ports, kKey, MemoryKind::kNormal).value();
}

NatTable::Wanted Wanted(std::uint16_t client_port, std::string_view target = "10.0.0.11") {
  NatTable::Wanted wanted;
  wanted.flow = {AddressNamed("198.51.100.7"), AddressNamed("192.0.2.1"), client_port, 80,
                 Protocol::kTcp};
  wanted.hash = HashFlow(kKey, wanted.flow);
  wanted.target = AddressNamed(target);
  wanted.target_port = 8080;
  wanted.own = AddressNamed("10.0.0.1");
  wanted.service = ServiceSlot{3};
  return wanted;
}

bool NoneMayGo(const NatSession&) { return false; }
bool AnyMayGo(const NatSession&) { return true; }

TEST_CASE("a session is found by its flow and by its replies", "[tables]") {
  NatTable table = MakeTable(16);
  const auto wanted = Wanted(40000);
  NatSession* const session = table.Insert(wanted, NoneMayGo);
  REQUIRE(session != nullptr);
  CHECK(table.FindByFlow(wanted.hash) == session);
  const FlowKey reply{AddressNamed("10.0.0.11"), AddressNamed("10.0.0.1"), 8080, session->own_port,
                      Protocol::kTcp};
  CHECK(session->ReplyFlow() == reply);
  CHECK(table.FindByReply(HashFlow(kKey, reply)) == session);
  CHECK(table.FindByReply(wanted.hash) == nullptr);
  CHECK(table.size() == 1);
  table.Erase(*session);
  CHECK(table.FindByFlow(wanted.hash) == nullptr);
  CHECK(table.FindByReply(HashFlow(kKey, reply)) == nullptr);
  CHECK(table.size() == 0);
}

TEST_CASE("no two sessions to one address and port of a target share a port", "[tables]") {
  NatTable table = MakeTable(1000);
  std::map<std::uint16_t, int> users;
  for (std::uint16_t i = 0; i < 100; ++i) {
    const NatSession* const session = table.Insert(Wanted(i), NoneMayGo);
    REQUIRE(session != nullptr);
    CHECK(kPorts.Contains(session->own_port));
    ++users[session->own_port];
  }
  CHECK(users.size() == 100);  // all that there are
  CHECK(table.Insert(Wanted(500), NoneMayGo) == nullptr);
  // Another target's, or another port's, replies are told from them.
  CHECK(table.Insert(Wanted(501, "10.0.0.12"), NoneMayGo) != nullptr);
  auto other_port = Wanted(502);
  other_port.target_port = 8081;
  CHECK(table.Insert(other_port, NoneMayGo) != nullptr);
}

TEST_CASE("a port that was given back is not the next one to be used", "[tables]") {
  NatTable table = MakeTable(1000);
  NatSession* const first = table.Insert(Wanted(1), NoneMayGo);
  const std::uint16_t port = first->own_port;
  table.Erase(*first);
  for (std::uint16_t i = 2; i < 101; ++i)
    CHECK(table.Insert(Wanted(i), NoneMayGo)->own_port != port);
  CHECK(table.Insert(Wanted(200), NoneMayGo)->own_port == port);
}

TEST_CASE("a full table takes a new session for one that may go", "[tables]") {
  NatTable table = MakeTable(8);
  for (std::uint16_t i = 0; i < 8; ++i) REQUIRE(table.Insert(Wanted(i), NoneMayGo) != nullptr);
  CHECK(table.Insert(Wanted(100), NoneMayGo) == nullptr);
  CHECK(table.size() == 8);
  const auto is_fifth = [](const NatSession& session) { return session.flow.client_port == 5; };
  CHECK(table.Insert(Wanted(100), is_fifth) != nullptr);
  CHECK(table.FindByFlow(Wanted(5).hash) == nullptr);
  CHECK(table.FindByFlow(Wanted(100).hash) != nullptr);
  CHECK(table.size() == 8);
}

TEST_CASE("a session that may go gives its port to a new one", "[tables]") {
  NatTable table = MakeTable(1000, {20000, 20003});
  for (std::uint16_t i = 0; i < 4; ++i) REQUIRE(table.Insert(Wanted(i), NoneMayGo) != nullptr);
  const auto is_third = [](const NatSession& session) { return session.flow.client_port == 2; };
  const NatSession* const session = table.Insert(Wanted(100), is_third);
  REQUIRE(session != nullptr);
  CHECK(table.FindByFlow(Wanted(2).hash) == nullptr);
  CHECK(table.FindByFlow(Wanted(100).hash) == session);
  CHECK(table.size() == 4);
}

TEST_CASE("a sweep visits every session and erases those that may go", "[tables]") {
  NatTable table = MakeTable(64);
  for (std::uint16_t i = 0; i < 50; ++i) table.Insert(Wanted(i), NoneMayGo);
  const auto is_odd = [](const NatSession& session) { return session.flow.client_port % 2 == 1; };
  for (int i = 0; i < 8; ++i) table.Sweep(8, is_odd);
  CHECK(table.size() == 25);
  for (std::uint16_t i = 0; i < 50; ++i)
    CHECK((table.FindByFlow(Wanted(i).hash) != nullptr) == (i % 2 == 0));
  table.Sweep(64, AnyMayGo);
  CHECK(table.size() == 0);
}

// Against a map, with an index as full as it gets and a home that all share.
TEST_CASE("a table says what a map says, after any insertions and erasures", "[tables]") {
  constexpr std::size_t kCapacity = 61;
  NatTable table = MakeTable(kCapacity, {1, 65535});
  std::map<std::uint16_t, NatSession*> model;
  std::minstd_rand random(1);
  for (int step = 0; step < 20'000; ++step) {
    const auto port = static_cast<std::uint16_t>(random() % 120);
    auto wanted = Wanted(port);
    wanted.hash.bucket %= 4;
    if (const auto known = model.find(port); known != model.end()) {
      table.Erase(*known->second);
      model.erase(known);
    } else if (NatSession* const session = table.Insert(wanted, NoneMayGo)) {
      model[port] = session;
    } else {
      REQUIRE(model.size() == kCapacity);
    }
    const auto asked = static_cast<std::uint16_t>(random() % 120);
    auto hash = Wanted(asked).hash;
    hash.bucket %= 4;
    const auto known = model.find(asked);
    REQUIRE(table.FindByFlow(hash) == (known == model.end() ? nullptr : known->second));
    REQUIRE(table.size() == model.size());
  }
  for (const auto& [port, session] : model)
    CHECK(table.FindByReply(session->reply_hash) == session);
}

}  // namespace
}  // namespace holdfast
