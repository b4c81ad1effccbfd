#include "rpc/from_wire.h"

#include <catch2/catch.hpp>
#include <functional>

namespace holdfast {
namespace {

IpAddress Address(const char* text) { return IpAddress::Parse(text).value(); }

v1::StartAffinityRequest WellFormed() {
  v1::StartAffinityRequest request;
  request.mutable_selector()->set_vip("192.0.2.1");
  request.mutable_selector()->set_protocol(v1::PROTOCOL_TCP);
  request.mutable_selector()->set_client("198.51.100.7");
  request.set_target("web-1");
  return request;
}

void AddPorts(int count, google::protobuf::RepeatedField<std::uint32_t>* ports) {
  for (int i = 0; i < count; ++i) ports->Add(1);
}

TEST_CASE("a well-formed start is read field by field", "[rpc]") {
  v1::StartAffinityRequest wire = WellFormed();
  wire.mutable_selector()->set_protocol(v1::PROTOCOL_UDP);
  wire.mutable_selector()->add_service_ports(1);
  wire.mutable_selector()->add_client_ports(65535);
  wire.mutable_selector()->add_client_ports(40000);
  wire.mutable_selector()->set_client_prefix_length(32);
  wire.mutable_duration()->set_seconds(90);
  wire.mutable_duration()->set_nanos(500'000'000);
  const auto request = FromWire(wire);
  REQUIRE(request.ok());
  CHECK(request->selector.vip == Address("192.0.2.1"));
  CHECK(request->selector.protocol == Protocol::kUdp);
  CHECK(request->selector.service_ports == std::vector<std::uint16_t>{1});
  CHECK(request->selector.client == Address("198.51.100.7"));
  CHECK(request->selector.client_ports == std::vector<std::uint16_t>{65535, 40000});
  CHECK(request->target == "web-1");
  CHECK(request->terms.duration == absl::Milliseconds(90'500));
}

TEST_CASE("A17: without a duration a start asks for the longest", "[rpc]") {
  CHECK(FromWire(WellFormed())->terms.duration == absl::ZeroDuration());
}

TEST_CASE("A prefix of clients is told by the bits that it leaves open", "[rpc]") {
  v1::StartAffinityRequest wire = WellFormed();
  CHECK(FromWire(wire)->selector.host_bits == 0);
  const auto host_bits = [&](const char* vip, const char* client, std::uint32_t length) {
    wire.mutable_selector()->set_vip(vip);
    wire.mutable_selector()->set_client(client);
    wire.mutable_selector()->set_client_prefix_length(length);
    const auto request = FromWire(wire);
    INFO(request.status().ToString());
    REQUIRE(request.ok());
    return int{request->selector.host_bits};
  };
  CHECK(host_bits("192.0.2.1", "198.51.100.0", 24) == 8);
  CHECK(host_bits("192.0.2.1", "0.0.0.0", 0) == 32);
  CHECK(host_bits("2001:db8::1", "2001:db8:7::", 48) == 80);
  CHECK(host_bits("2001:db8::1", "::", 0) == 128);
  CHECK(host_bits("2001:db8::1", "2001:db8::7", 128) == 0);
}

TEST_CASE("A12, A13, A19: what a start and an end ask for beside who and where", "[rpc]") {
  v1::StartAffinityRequest start = WellFormed();
  CHECK_FALSE(FromWire(start)->terms.extend_on_connection);
  start.set_extend_on_connection(true);
  CHECK(FromWire(start)->terms.extend_on_connection);
  v1::EndAffinityRequest end;
  *end.mutable_selector() = start.selector();
  end.set_target("web-1");
  CHECK_FALSE(FromWire(end)->scope.allow_partial);
  CHECK_FALSE(FromWire(end)->scope.include_narrower);
  end.set_allow_partial(true);
  CHECK(FromWire(end)->scope.allow_partial);
  end.set_include_narrower(true);
  CHECK(FromWire(end)->scope.include_narrower);
}

TEST_CASE("lists and names may be as long as the rule says", "[rpc]") {
  v1::StartAffinityRequest wire = WellFormed();
  AddPorts(64, wire.mutable_selector()->mutable_service_ports());
  AddPorts(64, wire.mutable_selector()->mutable_client_ports());
  wire.set_target(std::string(255, 'x'));
  const auto request = FromWire(wire);
  REQUIRE(request.ok());
  CHECK(request->selector.service_ports.size() == 64);
  CHECK(request->selector.client_ports.size() == 64);
}

struct Malformed {
  std::function<void(v1::AffinitySelector&)> spoil;
  std::string message;
};

const std::vector<Malformed> kMalformedSelectors = {
    {[](auto& s) { s.clear_vip(); }, "selector.vip: '': must be an IPv4 or IPv6 address"},
    {[](auto& s) { s.set_vip("192.0.2.1 "); },
     "selector.vip: '192.0.2.1 ': must be an IPv4 or IPv6 address"},
    {[](auto& s) { s.set_vip("web\n\x01"); },
     "selector.vip: 'web\\n\\x01': must be an IPv4 or IPv6 address"},
    {[](auto& s) { s.set_vip(std::string("192.0.2.1\0x", 11)); },
     "selector.vip: '192.0.2.1\\x00x': must be an IPv4 or IPv6 address"},
    {[](auto& s) { s.set_vip(std::string(65, '1')); },
     "selector.vip: '" + std::string(64, '1') + "...': must be an IPv4 or IPv6 address"},
    {[](auto& s) { s.set_vip("2001:db8::1"); },
     "selector.client: '198.51.100.7': must be of the family of selector.vip, IPv6"},
    {[](auto& s) { s.set_vip("0.0.0.0"); },
     "selector.vip: '0.0.0.0': must be the address of one host: not unspecified, multicast or "
     "broadcast"},
    {[](auto& s) { s.set_vip("224.0.0.1"); },
     "selector.vip: '224.0.0.1': must be the address of one host: not unspecified, multicast or "
     "broadcast"},
    {[](auto& s) { s.clear_protocol(); },
     "selector.protocol: 0: must be PROTOCOL_TCP (6) or PROTOCOL_UDP (17)"},
    {[](auto& s) { s.set_protocol(static_cast<v1::Protocol>(132)); },
     "selector.protocol: 132: must be PROTOCOL_TCP (6) or PROTOCOL_UDP (17)"},
    {[](auto& s) {
       for (const std::uint32_t port : {80, 443, 0}) s.add_service_ports(port);
     },
     "selector.service_ports[2]: 0: a port is 1 to 65535"},
    {[](auto& s) { s.add_service_ports(65536); },
     "selector.service_ports[0]: 65536: a port is 1 to 65535"},
    {[](auto& s) { AddPorts(65, s.mutable_service_ports()); },
     "selector.service_ports: 65 ports: at most 64 in one request"},
    {[](auto& s) { s.clear_client(); }, "selector.client: '': must be an IPv4 or IPv6 address"},
    {[](auto& s) { s.set_client("0.0.0.0"); },
     "selector.client: '0.0.0.0': must be the address of one host: not unspecified, multicast or "
     "broadcast"},
    {[](auto& s) { s.set_client("255.255.255.255"); },
     "selector.client: '255.255.255.255': must be the address of one host: not unspecified, "
     "multicast or broadcast"},
    {[](auto& s) { s.set_client("2001:db8::7"); },
     "selector.client: '2001:db8::7': must be of the family of selector.vip, IPv4"},
    {[](auto& s) { s.set_client_prefix_length(33); },
     "selector.client_prefix_length: 33: a prefix of this family has 0 to 32 bits"},
    {[](auto& s) { s.set_client_prefix_length(4294967295); },
     "selector.client_prefix_length: 4294967295: a prefix of this family has 0 to 32 bits"},
    {[](auto& s) { s.set_client_prefix_length(24); },
     "selector.client_prefix_length: 24: selector.client 198.51.100.7 has bits set outside this "
     "prefix"},
    {[](auto& s) { s.set_client_prefix_length(0); },
     "selector.client_prefix_length: 0: selector.client 198.51.100.7 has bits set outside this "
     "prefix"},
    {[](auto& s) {
       s.set_client("224.0.0.0");
       s.set_client_prefix_length(8);
     },
     "selector.client: '224.0.0.0': must be the address of one host: not unspecified, multicast or "
     "broadcast"},
    {[](auto& s) { s.add_client_ports(70000); },
     "selector.client_ports[0]: 70000: a port is 1 to 65535"},
    {[](auto& s) { AddPorts(100, s.mutable_client_ports()); },
     "selector.client_ports: 100 ports: at most 64 in one request"},
};

TEST_CASE("A16: a malformed selector is refused by field, value and rule", "[rpc]") {
  for (const Malformed& malformed : kMalformedSelectors) {
    v1::StartAffinityRequest start = WellFormed();
    malformed.spoil(*start.mutable_selector());
    CHECK(FromWire(start).status() == absl::InvalidArgumentError(malformed.message));

    v1::EndAffinityRequest end;
    *end.mutable_selector() = start.selector();
    end.set_target("web-1");
    CHECK(FromWire(end).status() == absl::InvalidArgumentError(malformed.message));
  }
}

TEST_CASE("A16: a start without a selector or target names the first mistake", "[rpc]") {
  CHECK(FromWire(v1::StartAffinityRequest()).status().message() ==
        "selector.vip: '': must be an IPv4 or IPv6 address");
  v1::StartAffinityRequest wire = WellFormed();
  wire.clear_target();
  CHECK(FromWire(wire).status().message() == "target: '': a name has 1 to 255 characters");
  wire.set_target(std::string(256, 'x'));
  CHECK(FromWire(wire).status().message() ==
        "target: '" + std::string(64, 'x') + "...': a name has 1 to 255 characters");
}

TEST_CASE("A16: a duration that is negative or malformed is refused", "[rpc]") {
  struct Case {
    std::int64_t seconds;
    std::int32_t nanos;
    std::string message;
  };
  const std::vector<Case> cases = {
      {-1, 0, "-1 s and 0 ns: must not be negative"},
      {0, -1, "0 s and -1 ns: must not be negative"},
      {1, -1,
       "1 s and -1 ns: seconds and nanos must have the same sign (google.protobuf.Duration)"},
      {-1, 1,
       "-1 s and 1 ns: seconds and nanos must have the same sign (google.protobuf.Duration)"},
      {0, 1'000'000'000,
       "0 s and 1000000000 ns: nanos are at most 999999999 (google.protobuf.Duration)"},
      {315'576'000'001, 0,
       "315576000001 s and 0 ns: seconds are at most 315576000000 (google.protobuf.Duration)"},
  };
  for (const Case& c : cases) {
    v1::StartAffinityRequest wire = WellFormed();
    wire.mutable_duration()->set_seconds(c.seconds);
    wire.mutable_duration()->set_nanos(c.nanos);
    CHECK(FromWire(wire).status() == absl::InvalidArgumentError("duration: " + c.message));
  }
}

TEST_CASE("an empty list request narrows nothing, a bad client is refused", "[rpc]") {
  v1::ListAffinitiesRequest wire;
  REQUIRE(FromWire(wire).ok());
  CHECK_FALSE(FromWire(wire)->client);
  wire.set_client("198.51.100.7");
  CHECK(FromWire(wire)->client == IpPrefix{Address("198.51.100.7"), 32});
  wire.set_client("2001:db8::/32");
  CHECK(FromWire(wire)->client == IpPrefix{Address("2001:db8::"), 32});
  wire.set_client("198.51.100.7/24");
  CHECK(FromWire(wire).status() ==
        absl::InvalidArgumentError("client: '198.51.100.7/24': must be an address or a prefix "
                                   "without bits set outside it"));
  wire.set_client("198.51.100");
  CHECK(FromWire(wire).status() ==
        absl::InvalidArgumentError("client: '198.51.100': must be an IPv4 or IPv6 address"));
}

TEST_CASE("a target can be asked to be up or draining only", "[rpc]") {
  v1::SetTargetStateRequest wire;
  wire.set_target("web-1");
  wire.set_state(v1::TARGET_STATE_DRAINING);
  CHECK(FromWire(wire)->state == TargetState::kDraining);
  wire.set_state(v1::TARGET_STATE_UP);
  CHECK(FromWire(wire)->state == TargetState::kUp);
  for (const int state : {0, 3}) {
    wire.set_state(static_cast<v1::TargetState>(state));
    CHECK(FromWire(wire).status() ==
          absl::InvalidArgumentError("state: " + std::to_string(state) +
                                     ": must be TARGET_STATE_UP (1) or TARGET_STATE_DRAINING (2)"));
  }
}

}  // namespace
}  // namespace holdfast
