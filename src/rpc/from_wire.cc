#include "rpc/from_wire.h"

#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "rpc/wire_fields.h"

namespace holdfast {
namespace {

using google::protobuf::RepeatedField;
using WireDuration = google::protobuf::Duration;

constexpr int kMostPorts = 64;
constexpr std::size_t kLongestName = 255;
// google/protobuf/duration.proto
constexpr std::int64_t kMostSeconds = 315'576'000'000;
constexpr std::int32_t kMostNanos = 999'999'999;

absl::StatusOr<IpAddress> HostFromWire(absl::string_view field, const std::string& text) {
  auto address = IpAddress::Parse(text);
  if (!address.ok()) return Mistake(field, Quoted(text), "must be an IPv4 or IPv6 address");
  if (address->IsUnspecified() || address->IsMulticast() || address->IsLimitedBroadcast())
    return Mistake(field, Quoted(text),
                   "must be the address of one host: not unspecified, multicast or broadcast");
  return address;
}

absl::StatusOr<IpPrefix> PrefixFromWire(const IpAddress& client, std::uint32_t length) {
  const absl::string_view field = "selector.client_prefix_length";
  const auto most = static_cast<std::uint32_t>(client.HostPrefixLength());
  if (length > most)
    return Mistake(field, length, absl::StrCat("a prefix of this family has 0 to ", most, " bits"));
  const IpPrefix prefix{client, static_cast<int>(length)};
  if (!prefix.IsCanonical())
    return Mistake(
        field, length,
        absl::StrCat("selector.client ", client.ToString(), " has bits set outside this prefix"));
  return prefix;
}

// One host, or a prefix: then also the one that begins with the unspecified address.
absl::StatusOr<IpPrefix> ClientFromWire(const v1::AffinitySelector& wire, const IpAddress& vip) {
  const absl::string_view field = "selector.client";
  const auto client = AddressFromWire(field, wire.client());
  if (!client.ok()) return client.status();
  if (client->IsV4() != vip.IsV4())
    return Mistake(
        field, Quoted(wire.client()),
        absl::StrCat("must be of the family of selector.vip, ", vip.IsV4() ? "IPv4" : "IPv6"));
  const auto whole = static_cast<std::uint32_t>(client->HostPrefixLength());
  const std::uint32_t length =
      wire.has_client_prefix_length() ? wire.client_prefix_length() : whole;
  if (length == whole || client->IsMulticast())
    if (const auto host = HostFromWire(field, wire.client()); !host.ok()) return host.status();
  return PrefixFromWire(*client, length);
}

absl::StatusOr<std::vector<std::uint16_t>> PortsFromWire(absl::string_view field,
                                                         const RepeatedField<std::uint32_t>& wire) {
  if (wire.size() > kMostPorts)
    return Mistake(field, absl::StrCat(wire.size(), " ports"),
                   absl::StrCat("at most ", kMostPorts, " in one request"));
  std::vector<std::uint16_t> ports;
  for (const std::uint32_t port : wire) {
    if (port < 1 || port > 65535)
      return Mistake(absl::StrCat(field, "[", ports.size(), "]"), port, "a port is 1 to 65535");
    ports.push_back(static_cast<std::uint16_t>(port));
  }
  return ports;
}

absl::StatusOr<AffinitySelector> FromWire(const v1::AffinitySelector& wire) {
  const auto vip = HostFromWire("selector.vip", wire.vip());
  if (!vip.ok()) return vip.status();
  const auto protocol = ProtocolFromWire("selector.protocol", wire.protocol());
  if (!protocol.ok()) return protocol.status();
  auto service_ports = PortsFromWire("selector.service_ports", wire.service_ports());
  if (!service_ports.ok()) return service_ports.status();
  const auto client = ClientFromWire(wire, *vip);
  if (!client.ok()) return client.status();
  auto client_ports = PortsFromWire("selector.client_ports", wire.client_ports());
  if (!client_ports.ok()) return client_ports.status();
  const int host_bits = client->address.HostPrefixLength() - client->length;
  return AffinitySelector{*vip,
                          *protocol,
                          *std::move(service_ports),
                          client->address,
                          *std::move(client_ports),
                          static_cast<std::uint8_t>(host_bits)};
}

absl::Status CheckName(absl::string_view field, const std::string& name) {
  if (!name.empty() && name.size() <= kLongestName) return absl::OkStatus();
  return Mistake(field, Quoted(name),
                 absl::StrCat("a name has 1 to ", kLongestName, " characters"));
}

absl::Status CheckNameIfAny(absl::string_view field, const std::string& name) {
  return name.empty() ? absl::OkStatus() : CheckName(field, name);
}

// What a start and an end have in common.
template <typename Request, typename Wire>
absl::StatusOr<Request> RequestFromWire(const Wire& wire) {
  auto selector = FromWire(wire.selector());
  if (!selector.ok()) return selector.status();
  if (auto checked = CheckName("target", wire.target()); !checked.ok()) return checked;
  Request request;
  request.selector = *std::move(selector);
  request.target = wire.target();
  return request;
}

}  // namespace

absl::StatusOr<absl::Duration> DurationFromWire(absl::string_view field, const WireDuration& wire) {
  const std::int64_t seconds = wire.seconds();
  const std::int32_t nanos = wire.nanos();
  const auto refuse = [&](absl::string_view rule) {
    return Mistake(field, absl::StrCat(seconds, " s and ", nanos, " ns"), rule);
  };
  if (seconds < -kMostSeconds || seconds > kMostSeconds)
    return refuse("seconds are at most 315576000000 (google.protobuf.Duration)");
  if (nanos < -kMostNanos || nanos > kMostNanos)
    return refuse("nanos are at most 999999999 (google.protobuf.Duration)");
  if ((seconds < 0 && nanos > 0) || (seconds > 0 && nanos < 0))
    return refuse("seconds and nanos must have the same sign (google.protobuf.Duration)");
  if (seconds < 0 || nanos < 0) return refuse("must not be negative");
  return absl::Seconds(seconds) + absl::Nanoseconds(nanos);
}

absl::StatusOr<StartRequest> FromWire(const v1::StartAffinityRequest& wire) {
  auto request = RequestFromWire<StartRequest>(wire);
  if (!request.ok()) return request;
  const auto duration = DurationFromWire("duration", wire.duration());
  if (!duration.ok()) return duration.status();
  request->terms = {*duration, wire.extend_on_connection()};
  return request;
}

absl::StatusOr<EndRequest> FromWire(const v1::EndAffinityRequest& wire) {
  auto request = RequestFromWire<EndRequest>(wire);
  if (!request.ok()) return request;
  request->scope = {wire.allow_partial(), wire.include_narrower()};
  return request;
}

absl::StatusOr<ListRequest> FromWire(const v1::ListAffinitiesRequest& wire) {
  ListRequest request{wire.service(), wire.target(), std::nullopt};
  if (auto checked = CheckNameIfAny("service", wire.service()); !checked.ok()) return checked;
  if (auto checked = CheckNameIfAny("target", wire.target()); !checked.ok()) return checked;
  if (wire.client().empty()) return request;
  if (absl::StrContains(wire.client(), '/')) {
    const auto prefix = IpPrefix::Parse(wire.client());
    if (!prefix.ok() || !prefix->IsCanonical())
      return Mistake("client", Quoted(wire.client()),
                     "must be an address or a prefix without bits set outside it");
    request.client = *prefix;
    return request;
  }
  const auto client = HostFromWire("client", wire.client());
  if (!client.ok()) return client.status();
  request.client = {*client, client->HostPrefixLength()};
  return request;
}

absl::StatusOr<TargetStateRequest> FromWire(const v1::SetTargetStateRequest& wire) {
  if (auto checked = CheckName("target", wire.target()); !checked.ok()) return checked;
  if (wire.state() == v1::TARGET_STATE_UP)
    return TargetStateRequest{wire.target(), TargetState::kUp};
  if (wire.state() == v1::TARGET_STATE_DRAINING)
    return TargetStateRequest{wire.target(), TargetState::kDraining};
  return Mistake("state", static_cast<int>(wire.state()),
                 "must be TARGET_STATE_UP (1) or TARGET_STATE_DRAINING (2)");
}

absl::StatusOr<TargetHealthRequest> FromWire(const v1::SetTargetHealthRequest& wire) {
  if (auto checked = CheckName("service", wire.service()); !checked.ok()) return checked;
  if (auto checked = CheckName("target", wire.target()); !checked.ok()) return checked;
  return TargetHealthRequest{wire.service(), wire.target(),
                             wire.down() ? Health::kDown : Health::kUp};
}

absl::StatusOr<LoadReport> FromWire(const v1::ReportLoadRequest& wire) {
  if (auto checked = CheckName("target", wire.target()); !checked.ok()) return checked;
  if (wire.capacity() > kWholeCapacity)
    return Mistake("capacity", wire.capacity(),
                   absl::StrCat("is 0 to ", kWholeCapacity, ", of what the target is made for"));
  const auto valid_for = DurationFromWire("valid_for", wire.valid_for());
  if (!valid_for.ok()) return valid_for.status();
  return LoadReport{wire.target(), wire.capacity(), *valid_for};
}

absl::StatusOr<ConfigRequest> FromWire(const v1::ApplyConfigRequest& wire) {
  if (auto checked = CheckName("file", wire.file()); !checked.ok()) return checked;
  return ConfigRequest{config::ParseBalancerConfig(wire.text(), wire.file()),
                       absl::CHexEscape(wire.file()), wire.dry_run()};
}

}  // namespace holdfast
