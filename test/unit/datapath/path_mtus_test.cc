#include "datapath/path_mtus.h"

#include <catch2/catch.hpp>

#include "support/fake_clock.h"
#include "support/frame.h"

namespace holdfast {
namespace {

struct Fixture {
  Fixture() { Follow({"10.0.0.11", "10.0.0.12", "fd00::13"}); }

  void Follow(const std::vector<const char*>& addresses) {
    Snapshot::Parts parts;
    for (std::size_t slot = 0; slot < addresses.size(); ++slot)
      parts.targets.push_back({.handle = TargetHandle(slot, 0),
                               .state = TargetState::kUp,
                               .port = PortIndex{0},
                               .name = addresses[slot],
                               .address = AddressNamed(addresses[slot])});
    mtus.Follow(Snapshot(parts));
  }
  void Learn(const char* target, std::uint32_t mtu) { mtus.Learn({AddressNamed(target), mtu}); }

  FakeClock clock;
  PathMtuTable table;
  PathMtus mtus{clock, table};
};

TEST_CASE_METHOD(Fixture, "a router's word lowers one target's path MTU, for ten minutes",
                 "[datapath]") {
  const std::uint64_t before = table.version();
  Learn("10.0.0.12", 1400);
  CHECK(table.Find(0) == PathMtuTable::kNoLimit);
  CHECK(table.Find(1) == 1400);
  CHECK(table.version() != before);
  clock.Advance(absl::Minutes(9));
  mtus.Tick();
  CHECK(table.Find(1) == 1400);
  // Longer ones are not about our packets; shorter ones begin the time anew.
  Learn("10.0.0.12", 1450);
  CHECK(table.Find(1) == 1400);
  Learn("10.0.0.12", 1300);
  clock.Advance(absl::Minutes(9));
  mtus.Tick();
  CHECK(table.Find(1) == 1300);
  clock.Advance(absl::Minutes(1));
  mtus.Tick();
  CHECK(table.Find(1) == PathMtuTable::kNoLimit);
}

TEST_CASE_METHOD(Fixture, "no router takes it further down than packets must fit", "[datapath]") {
  Learn("10.0.0.11", 68);
  CHECK(table.Find(0) == PathMtus::kLeastIpv4);
  Learn("10.0.0.12", 0);  // RFC 1191, 4: an old router does not say
  CHECK(table.Find(1) == PathMtus::kLeastIpv4);
  Learn("fd00::13", 1280);
  CHECK(table.Find(2) == PathMtus::kLeastIpv6);
}

TEST_CASE_METHOD(Fixture, "only targets' addresses are remembered, and go with them",
                 "[datapath]") {
  Learn("10.0.0.99", 1400);
  CHECK(mtus.size() == 0);
  Learn("10.0.0.12", 1400);
  Follow({"10.0.0.12", "10.0.0.11"});
  CHECK(table.Find(0) == 1400);
  CHECK(table.Find(1) == PathMtuTable::kNoLimit);
  Follow({"10.0.0.11"});
  CHECK(mtus.size() == 0);
  CHECK(table.Find(0) == PathMtuTable::kNoLimit);
}

}  // namespace
}  // namespace holdfast
