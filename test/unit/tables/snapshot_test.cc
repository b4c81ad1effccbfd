#include "tables/snapshot.h"

#include <catch2/catch.hpp>
#include <memory>
#include <utility>
#include <vector>

namespace holdfast {
namespace {

const IpAddress kVip = IpAddress::FromV4(0xc0000201);
const IpAddress kOther = IpAddress::FromV4(0xc0000202);
const IpAddress kClient = IpAddress::FromV4(0xc6336407);

TargetView Target(std::size_t slot, unsigned generation, TargetState state) {
  return {TargetHandle(slot, generation), state, PortIndex{0}, "target", kOther};
}

// Slot 0 up (generation 2), 1 draining, 2 removed, 3 never used; services "web"
// on TCP 80 and 443, nothing, "dns" on UDP 53, all with one VIP.
Snapshot Example(std::uint64_t version = 1) {
  return Snapshot(
      Snapshot::Parts{version,
                      {Target(0, 2, TargetState::kUp), Target(1, 0, TargetState::kDraining),
                       Target(2, 1, TargetState::kRemoved), TargetView{}},
                      {{"web", kVip, Protocol::kTcp, {80, 443}, NoTargetPolicy::kReject, {}},
                       {"", kOther, Protocol::kTcp, {80}, NoTargetPolicy::kReject, {}},
                       {"dns", kVip, Protocol::kUdp, {53}, NoTargetPolicy::kDrop, {}}}});
}

ServiceSlot Classified(const Snapshot& snapshot, const IpAddress& vip, Protocol protocol,
                       std::uint16_t port) {
  return snapshot
      .Classify(Ipv4Tuple::Of({.client = kClient,
                               .vip = vip,
                               .client_port = 40000,
                               .vip_port = port,
                               .protocol = protocol}))
      .service();
}

TEST_CASE("a service is known by VIP, protocol and port", "[tables]") {
  const Snapshot snapshot = Example();
  CHECK(Classified(snapshot, kVip, Protocol::kTcp, 80) == ServiceSlot{0});
  CHECK(Classified(snapshot, kVip, Protocol::kTcp, 443) == ServiceSlot{0});
  CHECK(Classified(snapshot, kVip, Protocol::kUdp, 53) == ServiceSlot{2});
  CHECK(Classified(snapshot, kVip, Protocol::kTcp, 53) == kNoService);
  CHECK(Classified(snapshot, kVip, Protocol::kTcp, 81) == kNoService);
  CHECK(Classified(snapshot, kOther, Protocol::kTcp, 80) == kNoService);
  CHECK(snapshot.IsVip(kVip));
  CHECK_FALSE(snapshot.IsVip(kOther));
}

TEST_CASE("an address between VIPs, or beside them, is none", "[tables]") {
  const auto address = [](std::uint32_t number) { return IpAddress::FromV4(number); };
  // In network order the first of them would be the greatest.
  const std::vector<std::uint32_t> vips = {0x0a0000ff, 0xc0000201, 0x0a000101};
  Snapshot::Parts parts{.version = 1, .targets = {}, .services = {}};
  for (const std::uint32_t vip : vips)
    parts.services.push_back(
        {"web", address(vip), Protocol::kTcp, {80}, NoTargetPolicy::kReject, {}});
  const Snapshot snapshot(std::move(parts));
  for (const std::uint32_t vip : vips) {
    CHECK(snapshot.IsVip(address(vip)));
    CHECK_FALSE(snapshot.IsVip(address(vip - 1)));
    CHECK_FALSE(snapshot.IsVip(address(vip + 1)));
  }
  const Snapshot none(Snapshot::Parts{1, {}, {}});
  for (const std::uint32_t number : {0U, 0x0a0000ffU, ~0U})
    CHECK_FALSE(none.IsVip(address(number)));
}

TEST_CASE("P7: a handle is followed only while its own target is there", "[tables]") {
  const Snapshot snapshot = Example();
  const auto found = [&](std::size_t slot, unsigned generation) {
    return snapshot.Find(TargetHandle(slot, generation)) != nullptr;
  };
  CHECK(found(0, 2));
  CHECK(found(1, 0));  // draining keeps its connections
  for (const unsigned other : {0U, 1U, 3U}) CHECK_FALSE(found(0, other));
  for (unsigned any = 0; any < 4; ++any) CHECK_FALSE(found(2, any));  // removed
  for (unsigned any = 0; any < 4; ++any) CHECK_FALSE(found(3, any));  // never there
  CHECK_FALSE(found(4, 0));                                           // no such slot
  CHECK_FALSE(found(kMaxTargets - 1, 0));
  CHECK(snapshot.Find(TargetHandle(0, 2)) == &snapshot.targets()[0]);
}

TEST_CASE("P7: the next target of a slot is not reached by the handles of the last", "[tables]") {
  const TargetHandle last(0, 3);
  const TargetHandle next = last.NextGeneration();
  CHECK(next == TargetHandle(0, 0));  // two bits: it comes around
  const Snapshot snapshot(
      Snapshot::Parts{1, {{next, TargetState::kUp, PortIndex{0}, "next", kOther}}, {}});
  CHECK(snapshot.Find(last) == nullptr);
  CHECK(snapshot.Find(next) != nullptr);
}

TEST_CASE("a published snapshot is followed at once, the last one freed when no worker has it",
          "[tables]") {
  constexpr WorkerId kWorker{0};
  RcuDomain rcu(1);
  SnapshotPublisher publisher(rcu, std::make_unique<Snapshot>(Example(1)));
  rcu.Online(kWorker);
  const Snapshot& held = publisher.Current();
  publisher.Publish(std::make_unique<Snapshot>(Example(2)));
  CHECK(publisher.Current().version() == 2);
  CHECK(rcu.Reclaim() == 1);
  CHECK(held.version() == 1);
  rcu.Quiescent(kWorker);
  CHECK(rcu.Reclaim() == 0);
  rcu.Offline(kWorker);
}

TEST_CASE("what is retired is freed once, and not while a worker may hold it", "[tables]") {
  constexpr WorkerId kAwake{0};
  constexpr WorkerId kAsleep{1};
  int freed = 0;
  {
    RcuDomain rcu(2);
    rcu.Online(kAwake);
    rcu.Retire([&] { ++freed; });
    CHECK(rcu.Reclaim() == 1);
    rcu.Online(kAsleep);  // after the retirement: it cannot hold it
    rcu.Quiescent(kAwake);
    CHECK(rcu.Reclaim() == 0);
    CHECK(freed == 1);
    rcu.Retire([&] { ++freed; });
    rcu.Quiescent(kAwake);
    CHECK(rcu.Reclaim() == 1);
    rcu.Offline(kAsleep);
    CHECK(rcu.Reclaim() == 0);
    CHECK(freed == 2);
    rcu.Retire([&] { ++freed; });
    rcu.Offline(kAwake);
  }
  CHECK(freed == 3);
}

}  // namespace
}  // namespace holdfast
