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
  // Applies ThreeTargets() as `change` left it, on top of earlier changes.
  template <typename Change>
  void Apply(Change change) {
    change(config);
    REQUIRE(directory.Apply(config).ok());
  }
  // The directory's service of this name.
  TargetDirectory::ServiceInfo Service(const std::string& name) const {
    for (const auto& service : directory.Services())
      if (service.name == name) return service;
    FAIL("no service " << name);
    return {};
  }

  config::BalancerConfig config = ThreeTargets();
  TargetDirectory directory{config};
};

// Without the target in slot 1 of ThreeTargets().
void RemoveWeb2(config::BalancerConfig& config) {
  config.targets.erase(config.targets.begin() + 1);
  config.services[0].targets = {{0, 100}, {1, 200}};
  config.services[1].targets = {{0, 100}};
}

// Another one, of the service "web".
void AddWeb4(config::BalancerConfig& config) {
  config.targets.push_back({"web-4", Address("10.0.0.14"), {}, 1});
  config.services[0].targets.push_back({config.targets.size() - 1, 100});
}

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
}

TEST_CASE_METHOD(Fixture, "a state that is not an operator's is refused", "[control]") {
  for (const auto state : {TargetState::kAbsent, TargetState::kRemoved})
    CHECK(absl::IsInvalidArgument(directory.SetState("web-1", state).status()));
}

TEST_CASE_METHOD(Fixture, "P7: a removed target is gone at once, and its slot waits", "[control]") {
  const TargetHandle old = *directory.FindTarget("web-2");
  Apply(RemoveWeb2);
  const auto snapshot = directory.BuildSnapshot();
  CHECK(snapshot->Find(old) == nullptr);
  CHECK(snapshot->targets()[old.slot()].state == TargetState::kRemoved);
  CHECK(InRing(*snapshot, 0) == Names{"web-1", "web-3"});
  CHECK_FALSE(directory.FindTarget("web-2"));
  CHECK_FALSE(directory.Has(old));
  CHECK(directory.Targets().size() == 2);

  Apply(AddWeb4);
  CHECK(directory.FindTarget("web-4")->slot() != old.slot());
}

TEST_CASE_METHOD(Fixture, "P7: a slot is free after a sweep of a snapshot without its target",
                 "[control]") {
  const TargetHandle old = *directory.FindTarget("web-2");
  const auto with = directory.BuildSnapshot()->version();
  Apply(RemoveWeb2);
  const auto without = directory.BuildSnapshot()->version();

  directory.ReleaseSwept(with);
  CHECK(directory.BuildSnapshot()->targets()[old.slot()].state == TargetState::kRemoved);
  directory.ReleaseSwept(without);
  CHECK(directory.BuildSnapshot()->targets()[old.slot()].state == TargetState::kAbsent);

  Apply(AddWeb4);
  CHECK(directory.FindTarget("web-4") == old.NextGeneration());
  const auto snapshot = directory.BuildSnapshot();
  CHECK(snapshot->Find(old) == nullptr);
  CHECK(snapshot->Find(old.NextGeneration())->address == Address("10.0.0.14"));
  CHECK(directory.TargetName(old).empty());
}

TEST_CASE_METHOD(Fixture, "a removal that no snapshot has seen yet is not swept by an old one",
                 "[control]") {
  const auto slot = directory.FindTarget("web-2")->slot();
  const auto with = directory.BuildSnapshot()->version();
  Apply(RemoveWeb2);
  directory.ReleaseSwept(with);
  CHECK(directory.BuildSnapshot()->targets()[slot].state == TargetState::kRemoved);
}

TEST_CASE_METHOD(Fixture, "a target that is renamed is another one, in another slot", "[control]") {
  const TargetHandle old = *directory.FindTarget("web-2");
  Apply([](auto& changed) { changed.targets[1].name = "web-9"; });
  CHECK_FALSE(directory.FindTarget("web-2"));
  CHECK(directory.FindTarget("web-9")->slot() != old.slot());
  CHECK(InRing(*directory.BuildSnapshot(), 0) == Names{"web-1", "web-3", "web-9"});
}

TEST_CASE_METHOD(Fixture, "who keeps the name keeps handle and state, wherever it moves",
                 "[control]") {
  const TargetHandle before = *directory.FindTarget("web-2");
  REQUIRE(directory.SetState("web-2", TargetState::kDraining).ok());
  Apply([](auto& changed) {
    changed.targets[1].address = Address("10.0.0.22");
    changed.targets[1].port = 0;
    changed.targets[1].gateway = Address("10.0.0.254");
  });
  CHECK(directory.FindTarget("web-2") == before);
  const auto snapshot = directory.BuildSnapshot();
  const TargetView* view = snapshot->Find(before);
  REQUIRE(view != nullptr);
  CHECK(view->address == Address("10.0.0.22"));
  CHECK(view->port == PortIndex{0});
  CHECK(view->NextHop() == Address("10.0.0.254"));
  CHECK(view->state == TargetState::kDraining);
  CHECK(InRing(*snapshot, 0) == Names{"web-1", "web-3"});
}

TEST_CASE_METHOD(Fixture, "weights, ports and policies change in place", "[control]") {
  const ServiceSlot slot = Service("web").slot;
  Apply([](auto& changed) {
    changed.services[0].targets = {{0, 300}, {2, 100}};
    changed.services[0].ports = {80, 8080};
    changed.services[0].no_target = config::NoTarget::kDrop;
    changed.services[0].forwarding = ForwardingMode::kIpip;
  });
  const auto web = Service("web");
  CHECK(web.slot == slot);
  CHECK(web.ports == std::vector<std::uint16_t>{80, 8080});
  REQUIRE(web.targets.size() == 2);
  CHECK(web.targets[0].ring_share == Approx(0.75).margin(0.01));
  const auto snapshot = directory.BuildSnapshot();
  CHECK(snapshot->service(slot).no_target == NoTargetPolicy::kDrop);
  CHECK(snapshot->service(slot).forwarding == ForwardingMode::kIpip);
  const FlowKey to_8080{
      .client = Address("198.51.100.7"), .vip = Address("192.0.2.1"), .vip_port = 8080};
  CHECK(snapshot->Classify(Ipv4Tuple::Of(to_8080)).service() == slot);
}

TEST_CASE_METHOD(Fixture, "the order of a configuration moves nobody", "[control]") {
  const auto before = directory.BuildSnapshot();
  const TargetHandle web_1 = *directory.FindTarget("web-1");
  Apply([](auto& changed) {
    std::swap(changed.targets[0], changed.targets[2]);
    std::swap(changed.services[0], changed.services[1]);
    changed.services[1].targets = {{0, 200}, {1, 100}, {2, 100}};
    changed.services[0].targets = {{1, 0}, {2, 100}};
  });
  CHECK(directory.FindTarget("web-1") == web_1);
  const auto after = directory.BuildSnapshot();
  CHECK(directory.losses() == 0);
  for (std::uint64_t hash = 0; hash < 1000; ++hash)
    CHECK(before->service(ServiceSlot{0}).ring.Pick(hash << 48) ==
          after->service(ServiceSlot{0}).ring.Pick(hash << 48));
}

TEST_CASE_METHOD(Fixture, "a ring is that of a directory that began with the same configuration",
                 "[control]") {
  Apply(RemoveWeb2);
  Apply(AddWeb4);
  const TargetDirectory fresh{config};
  const auto changed = Service("web");
  const auto begun = fresh.Services()[1];
  REQUIRE(begun.name == "web");
  REQUIRE(begun.targets.size() == changed.targets.size());
  for (std::size_t i = 0; i < begun.targets.size(); ++i) {
    CHECK(changed.targets[i].name == begun.targets[i].name);
    CHECK(changed.targets[i].ring_share == begun.targets[i].ring_share);
  }
}

TEST_CASE_METHOD(Fixture, "a service that is gone is in no snapshot, and its slot waits",
                 "[control]") {
  const ServiceSlot dns = Service("dns").slot;
  const auto with = directory.BuildSnapshot()->version();
  Apply([](auto& changed) { changed.services.pop_back(); });
  const auto without = directory.BuildSnapshot();
  CHECK(without->service(dns).name.empty());
  CHECK(directory.FindService(dns) == nullptr);
  CHECK(directory.Services().size() == 1);
  CHECK(directory.ServicesOf(Address("192.0.2.1"), Protocol::kUdp).empty());

  const auto add = [](const char* name) {
    return [name](config::BalancerConfig& changed) {
      config::Service service = ThreeTargets().services[1];
      service.name = name;
      service.ports = {static_cast<std::uint16_t>(1000 + changed.services.size())};
      changed.services.push_back(service);
    };
  };
  directory.ReleaseSwept(with);
  Apply(add("early"));
  CHECK(Service("early").slot != dns);
  directory.ReleaseSwept(without->version());
  Apply(add("late"));
  CHECK(Service("late").slot == dns);
}

TEST_CASE_METHOD(Fixture, "a service with another VIP or protocol is another one", "[control]") {
  const ServiceSlot web = Service("web").slot;
  Apply([](auto& changed) { changed.services[0].vip = Address("192.0.2.2"); });
  const ServiceSlot moved = Service("web").slot;
  CHECK(moved != web);
  CHECK(directory.FindService(web) == nullptr);
  Apply([](auto& changed) { changed.services[0].protocol = Protocol::kUdp; });
  CHECK(Service("web").slot != moved);
  CHECK(directory.losses() == 2);
}

TEST_CASE_METHOD(Fixture, "without room for all that is new nothing changes", "[control]") {
  config::BalancerConfig full = config;
  while (full.targets.size() < kMaxTargets) {
    const auto number = static_cast<std::uint32_t>(full.targets.size());
    full.targets.push_back(
        {"extra-" + std::to_string(number), IpAddress::FromV4(0x0a010000 + number), {}, 0});
  }
  REQUIRE(directory.Apply(full).ok());
  // One goes, another comes: the slot of the first waits for its sweep.
  full.targets.back().name = "another";
  full.services.pop_back();
  const auto status = directory.Apply(full);
  CHECK(status ==
        absl::ResourceExhaustedError(
            "no room for 1 more targets: of 4096 slots 0 are free, the others are taken or wait "
            "until every table was swept of who had them"));
  CHECK(directory.CheckRoom(full) == status);
  CHECK(directory.Services().size() == 2);
  CHECK(directory.Targets().size() == kMaxTargets);
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
