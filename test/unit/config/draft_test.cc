#include "config/draft.h"

#include <google/protobuf/text_format.h>

#include <catch2/catch.hpp>

#include "config/difference.h"
#include "config/mistakes_in.h"

namespace holdfast::config {
namespace {

using Lines = std::vector<std::string>;
using google::protobuf::FieldMask;

template <typename Message>
Message From(const std::string& text) {
  Message message;
  REQUIRE(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}
v1::TargetConfig Target(const std::string& text) { return From<v1::TargetConfig>(text); }
v1::ServiceConfig Service(const std::string& text) { return From<v1::ServiceConfig>(text); }
FieldMask Fields(const std::vector<std::string>& paths) {
  FieldMask mask;
  mask.mutable_paths()->Add(paths.begin(), paths.end());
  return mask;
}

struct Fixture {
  // What the draft changes.
  Lines Changes() const {
    const auto next = draft.Check();
    REQUIRE(next.ok());
    const Difference difference = DifferenceOf(now, *next);
    CHECK(difference.needs_restart.empty());
    return difference.changes;
  }
  std::string Mistakes() const { return std::string(draft.Check().status().message()); }

  const BalancerConfig now = std::get<BalancerConfig>(ParseBalancerConfig(
      WithTargets(
          "services:\n"
          "  - {name: web, vip: 192.0.2.1, protocol: tcp, ports: [80, 443], no_target: drop,\n"
          "     targets: [{target: web-1}, {target: web-2, weight: 7}], forwarding: ipip}\n"
          "  - {name: dns, vip: 192.0.2.1, protocol: udp, ports: [53],\n"
          "     targets: [{target: web-2}]}\n"),
      "b.yaml"));
  Draft draft{now};
};

TEST_CASE_METHOD(Fixture, "a draft begins as what holds", "[config]") { CHECK(Changes().empty()); }

TEST_CASE_METHOD(Fixture, "targets are added, changed and removed", "[config]") {
  REQUIRE(draft.AddTarget(Target("name: 'web-3' address: '10.0.0.13'")).ok());
  REQUIRE(
      draft.UpdateTarget(Target("name: 'web-1' mac: '02:00:00:00:00:11'"), Fields({"mac"})).ok());
  REQUIRE(draft.RemoveTarget("web-2").ok());
  CHECK(Changes() == Lines{"target web-1: mac none -> 02:00:00:00:00:11", "target web-2: removed",
                           "target web-3: added, address 10.0.0.13",
                           "service dns: target web-2: removed",
                           "service web: target web-2: removed"});
}

TEST_CASE_METHOD(Fixture, "services are added, changed and removed", "[config]") {
  REQUIRE(
      draft
          .AddService(Service("name: 'mail' vip: '192.0.2.2' protocol: TRANSPORT_TCP ports: '25'"
                              " targets { target: 'web-1' }"))
          .ok());
  REQUIRE(
      draft.UpdateService(Service("name: 'web' ports: ['80', '8080']"), Fields({"ports"})).ok());
  REQUIRE(draft.RemoveService("dns").ok());
  CHECK(Changes() ==
        Lines{"service dns: removed",
              "service mail: added at 192.0.2.2 tcp port 25, targets: web-1 weight 100",
              "service web: ports 80, 443 -> 80, 8080"});
}

TEST_CASE_METHOD(Fixture, "without a mask all is replaced, and what is left out is the default",
                 "[config]") {
  REQUIRE(
      draft
          .UpdateService(
              Service("name: 'web' vip: '192.0.2.1' protocol: TRANSPORT_TCP ports: ['80', '443']"),
              {})
          .ok());
  CHECK(Changes() ==
        Lines{"service web: forwarding ipip -> l2", "service web: no_target drop -> reject",
              "service web: target web-1: removed", "service web: target web-2: removed"});
}

TEST_CASE_METHOD(Fixture, "a weight leaves the rank, and a rank the weight", "[config]") {
  const auto set = [this](const char* text) {
    return draft.SetServiceTarget("web", From<v1::ServiceTargetConfig>(text)).ok();
  };
  REQUIRE(set("target: 'web-2' rank: 3"));
  REQUIRE(set("target: 'web-2' weight: 5"));
  CHECK(Changes() == Lines{"service web: target web-2: weight 7 -> 5",
                           "service web: target web-2: rank 1 -> 3"});
}

TEST_CASE_METHOD(Fixture, "a target joins a service, or gets another weight there", "[config]") {
  REQUIRE(draft.SetServiceTarget("web", From<v1::ServiceTargetConfig>("target: 'web-2' weight: 0"))
              .ok());
  REQUIRE(draft.SetServiceTarget("dns", From<v1::ServiceTargetConfig>("target: 'web-1'")).ok());
  CHECK(Changes() == Lines{"service dns: target web-1: added, weight 100",
                           "service web: target web-2: weight 7 -> 0"});
}

TEST_CASE_METHOD(Fixture, "what is not there is named, with what there is", "[config]") {
  const auto no_target =
      absl::NotFoundError("no target is called 'web-9'; there are: web-1, web-2");
  const auto no_service = absl::NotFoundError("no service is called 'ftp'; there are: dns, web");
  CHECK(draft.UpdateTarget(Target("name: 'web-9'"), {}) == no_target);
  CHECK(draft.RemoveTarget("web-9") == no_target);
  CHECK(draft.UpdateService(Service("name: 'ftp'"), {}) == no_service);
  CHECK(draft.RemoveService("ftp") == no_service);
  CHECK(draft.SetServiceTarget("ftp", {}) == no_service);
  CHECK(Changes().empty());
}

TEST_CASE_METHOD(Fixture, "a name that is taken is refused", "[config]") {
  CHECK(draft.AddTarget(Target("name: 'web-1' address: '10.0.0.19'")) ==
        absl::AlreadyExistsError("a target is called 'web-1' already"));
  CHECK(draft.AddService(Service("name: 'web'")) ==
        absl::AlreadyExistsError("a service is called 'web' already"));
  CHECK(Changes().empty());
}

TEST_CASE_METHOD(Fixture, "a mask names fields that there are", "[config]") {
  CHECK(
      draft.UpdateService(Service("name: 'web'"), Fields({"ports", "vipp"})) ==
      absl::InvalidArgumentError("update_mask: 'vipp': is no field of holdfast.v1.ServiceConfig"));
  CHECK(Changes().empty());
}

TEST_CASE_METHOD(Fixture, "mistakes name services and targets, not places in a list", "[config]") {
  SECTION("a value that is none") {
    REQUIRE(draft.UpdateService(Service("name: 'dns' vip: '10.0.0.300'"), Fields({"vip"})).ok());
    CHECK(Mistakes() == "service 'dns'.vip: '10.0.0.300': not an IPv4 or IPv6 address");
  }
  SECTION("an address that is another's") {
    REQUIRE(draft.AddTarget(Target("name: 'web-3' address: '10.0.0.12'")).ok());
    CHECK(Mistakes() ==
          "target 'web-3'.address: '10.0.0.12': is the address of target 'web-2' already");
  }
  SECTION("a MAC that is none") {
    REQUIRE(draft.UpdateTarget(Target("name: 'web-1' mac: 'x'"), Fields({"mac"})).ok());
    CHECK(Mistakes() == "target 'web-1'.mac: 'x': must be a MAC address as 02:00:00:00:00:01");
  }
  SECTION("a member that is no target") {
    REQUIRE(draft.SetServiceTarget("dns", From<v1::ServiceTargetConfig>("target: 'nobody'")).ok());
    CHECK(Mistakes() == "service 'dns'.targets[1].target: 'nobody': is not the name of a target");
  }
  SECTION("all of them") {
    REQUIRE(draft.AddTarget({}).ok());
    REQUIRE(
        draft
            .AddService(Service("name: 'a b' vip: '192.0.2.1' protocol: TRANSPORT_TCP ports: '80'"))
            .ok());
    CHECK(Mistakes() ==
          "target ''.name: is required; target ''.address: is required; service 'a b'.name: "
          "'a b': may hold letters, digits and any of -_.; service 'a b'.ports[0]: '80': 192.0.2.1 "
          "tcp port 80 is served by service 'web' already");
  }
}

}  // namespace
}  // namespace holdfast::config
