#include "config/draft.h"

#include <google/protobuf/util/field_mask_util.h>

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/no_such_name.h"
#include "config/affinity_fields.h"
#include "config/automatic_fields.h"
#include "config/balancing_fields.h"
#include "config/health_fields.h"
#include "config/mistake_log.h"
#include "config/rules.h"

namespace holdfast::config {
namespace {

using google::protobuf::FieldMask;
using google::protobuf::RepeatedPtrField;
using google::protobuf::util::FieldMaskUtil;

v1::Forwarding ToMessage(ForwardingMode mode) {
  switch (mode) {
    case ForwardingMode::kL2:
      return v1::FORWARDING_L2;
    case ForwardingMode::kIpip:
      return v1::FORWARDING_IPIP;
    case ForwardingMode::kGue:
      return v1::FORWARDING_GUE;
    case ForwardingMode::kNat:
      return v1::FORWARDING_NAT;
  }
  return v1::FORWARDING_UNSPECIFIED;
}

v1::TargetConfig ToMessage(const Target& target) {
  v1::TargetConfig message;
  message.set_name(target.name);
  message.set_address(target.address.ToString());
  if (target.mac) message.set_mac(target.mac->ToString());
  if (target.forwarding) message.set_forwarding(ToMessage(*target.forwarding));
  if (target.gue_port != kGuePort) message.set_gue_port(target.gue_port);
  return message;
}

bool HasAny(const OwnTimeouts& timeouts) {
  return timeouts.tcp_opening || timeouts.tcp_established || timeouts.tcp_closing || timeouts.udp;
}

v1::ServiceConfig ToMessage(const Service& service, const std::vector<Target>& targets) {
  v1::ServiceConfig message;
  message.set_name(service.name);
  message.set_vip(service.vip.ToString());
  message.set_protocol(service.protocol == Protocol::kTcp ? v1::ServiceConfig::TRANSPORT_TCP
                                                          : v1::ServiceConfig::TRANSPORT_UDP);
  for (const std::string& ports : service.ports.Texts()) message.add_ports(ports);
  message.set_forwarding(ToMessage(service.forwarding));
  message.set_no_target(service.no_target == NoTarget::kReject ? v1::ServiceConfig::NO_TARGET_REJECT
                                                               : v1::ServiceConfig::NO_TARGET_DROP);
  message.set_echo(service.echo == Echo::kForward ? v1::ServiceConfig::ECHO_FORWARD
                                                  : v1::ServiceConfig::ECHO_ANSWER);
  BalancingToMessage(service, message);
  const OwnTimeouts& timeouts = service.timeouts;
  const auto set = [](const std::optional<absl::Duration>& timeout, std::string* text) {
    if (timeout) *text = absl::FormatDuration(*timeout);
  };
  if (HasAny(timeouts)) {
    v1::Connections::Timeouts& own = *message.mutable_timeouts();
    set(timeouts.tcp_opening, own.mutable_tcp_opening());
    set(timeouts.tcp_established, own.mutable_tcp_established());
    set(timeouts.tcp_closing, own.mutable_tcp_closing());
    set(timeouts.udp, own.mutable_udp());
  }
  message.set_max_half_open(service.max_half_open);
  AutomaticToMessage(service, message);
  HealthToMessage(service, message);
  AffinityRulesToMessage(service.affinity, *message.mutable_affinity());
  message.set_target_port(service.target_port);
  for (const ServiceTarget& member : service.targets) {
    v1::ServiceTargetConfig& target = *message.add_targets();
    target.set_target(targets[member.target].name);
    target.set_weight(member.weight);
    target.set_rank(member.rank);
  }
  return message;
}

template <typename Entry>
auto Find(const std::string& name, RepeatedPtrField<Entry>& entries) {
  return std::find_if(entries.begin(), entries.end(),
                      [&](const Entry& entry) { return entry.name() == name; });
}

// `kind` is what the entries are: "target".
template <typename Entry>
absl::Status NotFound(absl::string_view kind, const std::string& name,
                      const RepeatedPtrField<Entry>& entries) {
  std::vector<std::string> names;
  for (const Entry& entry : entries) names.push_back(entry.name());
  return NoSuchName(kind, name, std::move(names));
}

template <typename Entry>
absl::Status Add(absl::string_view kind, const Entry& entry, RepeatedPtrField<Entry>& entries) {
  if (Find(entry.name(), entries) != entries.end())
    return absl::AlreadyExistsError(
        absl::StrCat("a ", kind, " is called '", absl::CHexEscape(entry.name()), "' already"));
  *entries.Add() = entry;
  return absl::OkStatus();
}

template <typename Entry>
absl::Status CheckMask(const FieldMask& mask) {
  for (const std::string& path : mask.paths())
    if (!FieldMaskUtil::IsValidPath<Entry>(path))
      return absl::InvalidArgumentError(absl::StrCat("update_mask: '", absl::CHexEscape(path),
                                                     "': is no field of ", Entry().GetTypeName()));
  return absl::OkStatus();
}

template <typename Entry>
absl::Status Update(absl::string_view kind, const Entry& entry, const FieldMask& mask,
                    RepeatedPtrField<Entry>& entries) {
  if (auto checked = CheckMask<Entry>(mask); !checked.ok()) return checked;
  const auto found = Find(entry.name(), entries);
  if (found == entries.end()) return NotFound(kind, entry.name(), entries);
  FieldMaskUtil::MergeOptions options;
  options.set_replace_message_fields(true);
  options.set_replace_repeated_fields(true);
  if (mask.paths().empty())
    *found = entry;
  else
    FieldMaskUtil::MergeMessageTo(entry, mask, options, &*found);
  return absl::OkStatus();
}

template <typename Entry>
absl::Status Remove(absl::string_view kind, const std::string& name,
                    RepeatedPtrField<Entry>& entries) {
  const auto found = Find(name, entries);
  if (found == entries.end()) return NotFound(kind, name, entries);
  entries.erase(found);
  return absl::OkStatus();
}

template <typename Entry>
void NameElements(absl::string_view list, absl::string_view kind,
                  const RepeatedPtrField<Entry>& entries, std::string& text) {
  for (int i = 0; i < entries.size(); ++i) {
    const std::string path = ElementPath(list, static_cast<std::size_t>(i));
    const std::string name = absl::StrCat(kind, " '", absl::CHexEscape(entries[i].name()), "'");
    for (std::size_t at = text.find(path); at != std::string::npos;
         at = text.find(path, at + name.size()))
      if (at == 0 || text[at - 1] != '.') text.replace(at, path.size(), name);
  }
}

void RecordDurations(const std::string& path, const v1::ServiceConfig& service, MistakeLog& log) {
  const auto record = [&](const char* name, const std::string& text) {
    if (!text.empty()) log.RecordLine(path + name, 0);
  };
  record(".drain_deadline", service.drain_deadline());
  record(".timeouts.tcp_opening", service.timeouts().tcp_opening());
  record(".timeouts.tcp_established", service.timeouts().tcp_established());
  record(".timeouts.tcp_closing", service.timeouts().tcp_closing());
  record(".timeouts.udp", service.timeouts().udp());
  record(".health.interval", service.health().interval());
  record(".health.timeout", service.health().timeout());
}

}  // namespace

Draft::Draft(const BalancerConfig& now) : now_(now) {
  for (const Target& target : now.targets) *message_.add_targets() = ToMessage(target);
  for (const Service& service : now.services)
    *message_.add_services() = ToMessage(service, now.targets);
}

absl::Status Draft::AddTarget(const v1::TargetConfig& target) {
  return Add("target", target, *message_.mutable_targets());
}

absl::Status Draft::UpdateTarget(const v1::TargetConfig& target, const FieldMask& mask) {
  return Update("target", target, mask, *message_.mutable_targets());
}

absl::Status Draft::RemoveTarget(const std::string& name) {
  for (v1::ServiceConfig& service : *message_.mutable_services()) {
    auto& members = *service.mutable_targets();
    members.erase(std::remove_if(members.begin(), members.end(),
                                 [&](const auto& member) { return member.target() == name; }),
                  members.end());
  }
  return Remove("target", name, *message_.mutable_targets());
}

absl::Status Draft::AddService(const v1::ServiceConfig& service) {
  return Add("service", service, *message_.mutable_services());
}

absl::Status Draft::UpdateService(const v1::ServiceConfig& service, const FieldMask& mask) {
  return Update("service", service, mask, *message_.mutable_services());
}

absl::Status Draft::RemoveService(const std::string& name) {
  return Remove("service", name, *message_.mutable_services());
}

absl::Status Draft::SetServiceTarget(const std::string& service,
                                     const v1::ServiceTargetConfig& target) {
  auto& services = *message_.mutable_services();
  const auto found = Find(service, services);
  if (found == services.end()) return NotFound("service", service, services);
  for (v1::ServiceTargetConfig& member : *found->mutable_targets()) {
    if (member.target() != target.target()) continue;
    member.MergeFrom(target);
    return absl::OkStatus();
  }
  *found->add_targets() = target;
  return absl::OkStatus();
}

absl::StatusOr<BalancerConfig> Draft::Check() const {
  MistakeLog log("");
  // What a file gives has a line; rules ask whether a field that may be absent has one.
  for (int i = 0; i < message_.targets_size(); ++i)
    if (!message_.targets(i).mac().empty())
      log.RecordLine(ElementPath("targets", static_cast<std::size_t>(i)) + ".mac", 0);
  for (int i = 0; i < message_.services_size(); ++i)
    RecordDurations(ElementPath("services", static_cast<std::size_t>(i)), message_.services(i),
                    log);
  BalancerConfig next = now_;
  next.targets = CheckedTargets(message_.targets(), next.ports, next.routes, log);
  next.services =
      CheckedServices(message_.services(), next.ports, next.targets, next.nat.has_value(), log);
  if (log.empty()) return next;
  return absl::InvalidArgumentError(
      absl::StrJoin(log.InLineOrder(), "; ", [this](std::string* out, const Mistake& mistake) {
        const std::string value =
            mistake.value.empty() ? "" : absl::StrCat("'", absl::CHexEscape(mistake.value), "': ");
        absl::StrAppend(out, WithNames(mistake.field), ": ", value, WithNames(mistake.rule));
      }));
}

std::string Draft::WithNames(std::string text) const {
  NameElements("targets", "target", message_.targets(), text);
  NameElements("services", "service", message_.services(), text);
  return text;
}

}  // namespace holdfast::config
