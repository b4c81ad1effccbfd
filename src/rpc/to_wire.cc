#include "rpc/to_wire.h"

#include "absl/strings/str_cat.h"

namespace holdfast {
namespace {

v1::Protocol ToWire(Protocol protocol) {
  return protocol == Protocol::kTcp ? v1::PROTOCOL_TCP : v1::PROTOCOL_UDP;
}

v1::Outcome ToWire(AffinityOutcome outcome) {
  switch (outcome) {
    case AffinityOutcome::kStarted:
      return v1::OUTCOME_STARTED;
    case AffinityOutcome::kRenewed:
      return v1::OUTCOME_RENEWED;
    case AffinityOutcome::kCovered:
      return v1::OUTCOME_COVERED;
    case AffinityOutcome::kOwnedByOther:
      return v1::OUTCOME_OWNED_BY_OTHER;
    case AffinityOutcome::kNotATarget:
      return v1::OUTCOME_NOT_A_TARGET;
    case AffinityOutcome::kTableFull:
      return v1::OUTCOME_TABLE_FULL;
    case AffinityOutcome::kQuotaExceeded:
      return v1::OUTCOME_QUOTA_EXCEEDED;
    case AffinityOutcome::kPrefixTooWide:
      return v1::OUTCOME_PREFIX_TOO_WIDE;
    case AffinityOutcome::kEnded:
      return v1::OUTCOME_ENDED;
    case AffinityOutcome::kNotFound:
      return v1::OUTCOME_NOT_FOUND;
    case AffinityOutcome::kNotEndedCovered:
      return v1::OUTCOME_NOT_ENDED_COVERED;
  }
  return v1::OUTCOME_UNSPECIFIED;
}

v1::ConfigOutcome ToWire(ApplyOutcome outcome, bool dry_run) {
  switch (outcome) {
    case ApplyOutcome::kApplied:
      return dry_run ? v1::CONFIG_OUTCOME_WOULD_APPLY : v1::CONFIG_OUTCOME_APPLIED;
    case ApplyOutcome::kUnchanged:
      return v1::CONFIG_OUTCOME_UNCHANGED;
    case ApplyOutcome::kNeedsRestart:
      return v1::CONFIG_OUTCOME_NEEDS_RESTART;
    case ApplyOutcome::kNoRoom:
      return v1::CONFIG_OUTCOME_NO_ROOM;
  }
  return v1::CONFIG_OUTCOME_UNSPECIFIED;
}

template <typename Request, typename Response>
void Repeat(const Request& request, const AffinityAnswer& answer, Response& response) {
  *response.mutable_selector() = request.selector();
  response.set_target(request.target());
  response.set_outcome(ToWire(answer.outcome));
  response.set_explanation(answer.explanation);
  if (answer.conflict) *response.mutable_conflict() = ToWire(*answer.conflict);
}

}  // namespace

google::protobuf::Duration ToWire(absl::Duration duration) {
  google::protobuf::Duration wire;
  wire.set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &duration));
  wire.set_nanos(static_cast<std::int32_t>(absl::ToInt64Nanoseconds(duration)));
  return wire;
}

grpc::Status ToWire(const absl::Status& status) {
  return {static_cast<grpc::StatusCode>(status.code()), std::string(status.message())};
}

void ToWire(const v1::StartAffinityRequest& request, const AffinityAnswer& answer,
            v1::StartAffinityResponse& response) {
  Repeat(request, answer, response);
  if (answer.outcome == AffinityOutcome::kStarted || answer.outcome == AffinityOutcome::kRenewed)
    *response.mutable_granted_duration() = ToWire(answer.granted);
}

void ToWire(const v1::EndAffinityRequest& request, const AffinityAnswer& answer,
            v1::EndAffinityResponse& response) {
  Repeat(request, answer, response);
  response.set_ended(answer.ended);
  response.set_cut(answer.cut);
}

v1::Affinity ToWire(const AffinityListing& listing) {
  const absl::Duration unit = absl::Milliseconds(1);
  v1::Affinity wire;
  wire.set_service(listing.service);
  wire.set_vip(listing.vip.ToString());
  wire.set_protocol(ToWire(listing.protocol));
  wire.set_service_port(listing.cell.service_port);
  wire.set_client(listing.cell.client.ToString());
  wire.set_client_prefix_length(static_cast<std::uint32_t>(listing.cell.client_prefix().length));
  wire.set_client_port(listing.cell.client_port);
  wire.set_target(listing.target);
  *wire.mutable_age() = ToWire(absl::Floor(listing.age, unit));
  *wire.mutable_time_left() = ToWire(absl::Ceil(listing.time_left, unit));
  wire.set_extend_on_connection(listing.extends);
  wire.set_hole(listing.cell.is_hole());
  return wire;
}

void ToWire(const LiveConfiguration::Answer& answer, bool dry_run, v1::ConfigChange& response) {
  const config::Difference& difference = answer.difference;
  response.set_outcome(ToWire(answer.outcome, dry_run));
  response.set_explanation(answer.explanation);
  response.mutable_changes()->Add(difference.changes.begin(), difference.changes.end());
  response.mutable_needs_restart()->Add(difference.needs_restart.begin(),
                                        difference.needs_restart.end());
  response.set_affinities_ended(answer.orphans);
}

void ToWire(const std::vector<config::Mistake>& mistakes, v1::ConfigChange& response) {
  response.set_outcome(v1::CONFIG_OUTCOME_MISTAKES);
  response.set_explanation(absl::StrCat(
      mistakes.size(), mistakes.size() == 1 ? " mistake" : " mistakes", "; nothing has changed"));
  for (const config::Mistake& mistake : mistakes) response.add_mistakes(mistake.ToString());
}

v1::TargetState ToWire(TargetState state) {
  switch (state) {
    case TargetState::kUp:
      return v1::TARGET_STATE_UP;
    case TargetState::kDraining:
      return v1::TARGET_STATE_DRAINING;
    case TargetState::kAbsent:
    case TargetState::kRemoved:
      break;  // not on the wire: no target to speak of
  }
  return v1::TARGET_STATE_UNSPECIFIED;
}

v1::HealthStatus ToWire(const std::string& service, const HealthChecks::Pair& pair) {
  v1::HealthStatus wire;
  wire.set_service(service);
  wire.set_up(pair.up);
  wire.set_last_failure(pair.last_failure);
  return wire;
}

v1::ServiceTarget ToWire(const TargetDirectory::ServiceTargetInfo& target) {
  v1::ServiceTarget wire;
  wire.set_name(target.name);
  wire.set_weight(target.weight);
  wire.set_state(target.down ? v1::TARGET_STATE_DOWN : ToWire(target.state));
  wire.set_ring_share(target.ring_share);
  wire.set_rank(target.rank);
  wire.set_found_down(target.found_down);
  return wire;
}

v1::Service ToWire(const TargetDirectory::ServiceInfo& service, std::uint64_t affinities) {
  v1::Service wire;
  wire.set_name(service.name);
  wire.set_vip(service.vip.ToString());
  wire.set_protocol(ToWire(service.protocol));
  for (const std::string& ports : service.ports.Texts()) wire.add_ports(ports);
  wire.set_method(std::string(NameOf(service.method)));
  for (const auto& target : service.targets) *wire.add_targets() = ToWire(target);
  wire.set_affinities(affinities);
  wire.set_panic(service.in_panic);
  return wire;
}

v1::Target ToWire(const TargetDirectory::TargetInfo& target, const std::optional<MacAddress>& mac,
                  std::uint64_t affinities) {
  v1::Target wire;
  wire.set_name(target.name);
  wire.set_address(target.address.ToString());
  wire.set_state(ToWire(target.state));
  if (mac) wire.set_mac(mac->ToString());
  wire.mutable_services()->Add(target.services.begin(), target.services.end());
  wire.set_affinities(affinities);
  wire.set_reported_capacity(target.capacity);
  return wire;
}

v1::CounterSample ToWire(const NamedValue& value) {
  v1::CounterSample wire;
  wire.set_name(value.name);
  for (const auto& [label, text] : value.labels) (*wire.mutable_labels())[label] = text;
  wire.set_value(value.value);
  return wire;
}

}  // namespace holdfast
