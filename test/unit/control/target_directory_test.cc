#include "control/target_directory.h"

#include <catch2/catch.hpp>

#include "control/balancer_config.h"

namespace holdfast {
namespace {

using testing::Address;
using testing::ThreeTargets;

// The targets that the ring of service `slot` chooses.
std::vector<std::string> InRing(const Snapshot& snapshot, std::uint16_t slot) {
  std::vector<std::string> names;
  const MaglevRing& ring = snapshot.service(ServiceSlot{slot}).ring;
  for (const TargetView& target : snapshot.targets())
    if (ring.Share(static_cast<std::uint16_t>(target.handle.raw())) > 0)
      names.push_back(target.name);
  return names;
}

using Names = std::vector<std::string>;

struct Fixture {
  TargetDirectory directory{ThreeTargets()};
};

TEST_CASE_METHOD(Fixture, "a snapshot holds what the configuration says", "[control]") {
  const auto snapshot = directory.BuildSnapshot();
  const ServiceSlot web =
      snapshot
          ->Classify(Ipv4Tuple::Of(
              {.client = Address("192.0.2.9"), .vip = Address("192.0.2.1"), .vip_port = 443}))
          .service();
  REQUIRE(web == ServiceSlot{0});
  CHECK(snapshot->service(web).name == "web");
  CHECK(snapshot->service(ServiceSlot{1}).no_target == NoTargetPolicy::kDrop);
  CHECK(InRing(*snapshot, 0) == Names{"web-1", "web-2", "web-3"});
  CHECK(InRing(*snapshot, 1) == Names{"web-1"});  // web-2 has weight 0
  const TargetView* target = snapshot->Find(*directory.FindTarget("web-2"));
  REQUIRE(target != nullptr);
  CHECK(target->name == "web-2");
  CHECK(target->address == Address("10.0.0.12"));
  CHECK(target->port == PortIndex{1});
}

TEST_CASE_METHOD(Fixture, "versions of snapshots grow", "[control]") {
  const auto first = directory.BuildSnapshot()->version();
  CHECK(directory.BuildSnapshot()->version() > first);
}

TEST_CASE_METHOD(Fixture, "P6: a draining target leaves the ring, all draining empty it",
                 "[control]") {
  REQUIRE(directory.SetState("web-1", TargetState::kDraining).ok());
  CHECK(InRing(*directory.BuildSnapshot(), 0) == Names{"web-2", "web-3"});
  CHECK(directory.BuildSnapshot()->service(ServiceSlot{1}).ring.empty());
  directory.SetState("web-2", TargetState::kDraining).IgnoreError();
  directory.SetState("web-3", TargetState::kDraining).IgnoreError();
  CHECK(directory.BuildSnapshot()->service(ServiceSlot{0}).ring.empty());
}

TEST_CASE_METHOD(Fixture, "a target that comes back has its share again", "[control]") {
  const auto share_of_3 = [this] { return directory.Services()[1].targets[2].ring_share; };
  REQUIRE(directory.Services()[1].name == "web");
  const double before = share_of_3();
  CHECK(before == Approx(0.5).margin(0.01));  // weights 100, 100, 200
  const auto drained = directory.SetState("web-3", TargetState::kDraining);
  REQUIRE(drained.ok());
  CHECK(drained->state == TargetState::kDraining);
  CHECK(drained->services == Names{"web"});
  CHECK(share_of_3() == 0);
  CHECK(directory.Services()[1].targets[2].weight == 200);
  REQUIRE(directory.SetState("web-3", TargetState::kUp).ok());
  CHECK(share_of_3() == before);
}

TEST_CASE_METHOD(Fixture, "an unknown target is named, with those that there are", "[control]") {
  const auto status = directory.SetState("web-9", TargetState::kUp).status();
  CHECK(status ==
        absl::NotFoundError("no target is called 'web-9'; there are: web-1, web-2, web-3"));
  CHECK(directory.Remove("web-9") == status);
}

TEST_CASE_METHOD(Fixture, "a state that is not an operator's is refused", "[control]") {
  for (const auto state : {TargetState::kAbsent, TargetState::kRemoved})
    CHECK(absl::IsInvalidArgument(directory.SetState("web-1", state).status()));
}

TEST_CASE_METHOD(Fixture, "P7: a removed target is gone at once, and its slot waits", "[control]") {
  const TargetHandle old = *directory.FindTarget("web-2");
  REQUIRE(directory.Remove("web-2").ok());
  const auto snapshot = directory.BuildSnapshot();
  CHECK(snapshot->Find(old) == nullptr);
  CHECK(snapshot->targets()[old.slot()].state == TargetState::kRemoved);
  CHECK(InRing(*snapshot, 0) == Names{"web-1", "web-3"});
  CHECK_FALSE(directory.FindTarget("web-2"));
  CHECK(directory.Targets().size() == 2);

  REQUIRE(directory.Add({"web-4", Address("10.0.0.14"), {}, 0}, {"web"}).ok());
  CHECK(directory.FindTarget("web-4")->slot() != old.slot());
}

TEST_CASE_METHOD(Fixture, "P7: a slot is free after a sweep of a snapshot without its target",
                 "[control]") {
  const TargetHandle old = *directory.FindTarget("web-2");
  const auto with = directory.BuildSnapshot()->version();
  REQUIRE(directory.Remove("web-2").ok());
  const auto without = directory.BuildSnapshot()->version();

  directory.ReleaseSwept(with);
  CHECK(directory.BuildSnapshot()->targets()[old.slot()].state == TargetState::kRemoved);
  directory.ReleaseSwept(without);
  CHECK(directory.BuildSnapshot()->targets()[old.slot()].state == TargetState::kAbsent);

  REQUIRE(directory.Add({"web-2", Address("10.0.0.14"), {}, 0}, {"web"}).ok());
  CHECK(directory.FindTarget("web-2") == old.NextGeneration());
  const auto snapshot = directory.BuildSnapshot();
  CHECK(snapshot->Find(old) == nullptr);
  CHECK(snapshot->Find(old.NextGeneration())->address == Address("10.0.0.14"));
  CHECK(directory.TargetName(old).empty());
}

TEST_CASE_METHOD(Fixture, "a removal that no snapshot has seen yet is not swept by an old one",
                 "[control]") {
  const auto slot = directory.FindTarget("web-2")->slot();
  const auto with = directory.BuildSnapshot()->version();
  REQUIRE(directory.Remove("web-2").ok());
  directory.ReleaseSwept(with);
  CHECK(directory.BuildSnapshot()->targets()[slot].state == TargetState::kRemoved);
}

TEST_CASE_METHOD(Fixture, "an added target takes part in the services that are named",
                 "[control]") {
  REQUIRE(directory.Add({"web-4", Address("10.0.0.14"), {}, 1}, {"web", "dns"}).ok());
  CHECK(directory.Targets()[3].services == Names{"dns", "web"});
  CHECK(InRing(*directory.BuildSnapshot(), 1) == Names{"web-1", "web-4"});
  // Adding to one more service keeps the weight in the others.
  REQUIRE(directory.Add({"web-3", Address("10.0.0.13"), {}, 0}, {"web", "dns"}).ok());
  CHECK(directory.Services()[1].targets[2].weight == 200);
  CHECK(directory.Services()[0].targets[2].weight == 100);
}

TEST_CASE_METHOD(Fixture, "an addition that is wrong changes nothing", "[control]") {
  CHECK(directory.Add({"web-4", Address("10.0.0.14"), {}, 0}, {"web", "mail"}) ==
        absl::NotFoundError("no service is called 'mail'; there are: dns, web"));
  CHECK(absl::IsAlreadyExists(directory.Add({"web-1", Address("10.0.0.14"), {}, 0}, {"dns"})));
  CHECK(directory.Targets().size() == 3);
  CHECK(directory.Services()[1].targets.size() == 3);
}

TEST_CASE_METHOD(Fixture, "a target serves what has it in its set, whatever its weight",
                 "[control]") {
  const auto served = [this](const char* target, const char* vip, Protocol protocol) {
    Names names;
    for (const auto* service :
         directory.ServedBy(*directory.FindTarget(target), Address(vip), protocol))
      names.push_back(service->name);
    return names;
  };
  CHECK(served("web-2", "192.0.2.1", Protocol::kTcp) == Names{"web"});
  CHECK(served("web-2", "192.0.2.1", Protocol::kUdp) == Names{"dns"});
  CHECK(served("web-3", "192.0.2.1", Protocol::kUdp).empty());
  CHECK(served("web-2", "192.0.2.9", Protocol::kTcp).empty());
}

}  // namespace
}  // namespace holdfast
