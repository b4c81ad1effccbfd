#include "config/difference.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "config/affinity_fields.h"
#include "config/automatic_fields.h"
#include "config/balancing_fields.h"
#include "config/fixed_fields.h"
#include "config/health_fields.h"

namespace holdfast::config {
namespace {

using Lines = std::vector<std::string>;
template <typename Entry>
using ByName = std::map<std::string, const Entry*>;

std::string OrNone(const std::string& text) { return text.empty() ? "none" : text; }

// "weight 100 -> 50", when they differ.
void AddChange(absl::string_view what, const std::string& now, const std::string& next,
               Lines& lines) {
  if (now != next) lines.push_back(absl::StrCat(what, " ", OrNone(now), " -> ", OrNone(next)));
}

// A port that is added or removed is one line, of the list: its fields are none.
void CompareFields(const FieldTexts& now, const FieldTexts& next, Lines& lines) {
  for (const auto& [field, text] : now)
    if (const auto other = next.find(field); other != next.end())
      AddChange(field + ":", text, other->second, lines);
}

template <typename Entry>
ByName<Entry> NamesOf(const std::vector<Entry>& entries) {
  ByName<Entry> names;
  for (const Entry& entry : entries) names.emplace(entry.name, &entry);
  return names;
}

// Calls `both(name, now, next)` with nullptr where there is none, in order of names.
template <typename Value, typename Both>
void Pair(const std::map<std::string, Value>& now, const std::map<std::string, Value>& next,
          Both both) {
  std::map<std::string, std::pair<const Value*, const Value*>> pairs;
  for (const auto& [name, value] : now) pairs[name].first = &value;
  for (const auto& [name, value] : next) pairs[name].second = &value;
  for (const auto& [name, pair] : pairs) both(name, pair.first, pair.second);
}

std::string MacText(const Target& target) { return target.mac ? target.mac->ToString() : ""; }

std::string OwnForwardingText(const Target& target) {
  return target.forwarding ? std::string(NameOf(*target.forwarding)) : "";
}

std::string NewTarget(const Target& target) {
  return absl::StrCat("added, address ", target.address.ToString(),
                      target.mac ? ", mac " + MacText(target) : "");
}

void CompareTargets(const BalancerConfig& now, const BalancerConfig& next, Lines& lines) {
  Pair(NamesOf(now.targets), NamesOf(next.targets),
       [&](const std::string& name, const auto* before, const auto* after) {
         const std::string target = "target " + name;
         if (after == nullptr) return lines.push_back(target + ": removed");
         if (before == nullptr)
           return lines.push_back(absl::StrCat(target, ": ", NewTarget(**after)));
         AddChange(target + ": address", (*before)->address.ToString(),
                   (*after)->address.ToString(), lines);
         AddChange(target + ": mac", MacText(**before), MacText(**after), lines);
         AddChange(target + ": forwarding", OwnForwardingText(**before), OwnForwardingText(**after),
                   lines);
         AddChange(target + ": gue_port", absl::StrCat((*before)->gue_port),
                   absl::StrCat((*after)->gue_port), lines);
       });
}

std::string PortsText(const Service& service) { return absl::StrJoin(service.ports.Texts(), ", "); }
std::string ForwardingText(const Service& service) {
  return std::string(NameOf(service.forwarding));
}
std::string NoTargetText(const Service& service) {
  return service.no_target == NoTarget::kReject ? "reject" : "drop";
}
std::string EchoText(const Service& service) {
  return service.echo == Echo::kForward ? "forward" : "answer";
}
std::string TimeoutsText(const Service& service) {
  std::vector<std::string> texts;
  const auto add = [&texts](const char* name, const std::optional<absl::Duration>& timeout) {
    if (timeout) texts.push_back(absl::StrCat(name, " ", absl::FormatDuration(*timeout)));
  };
  add("tcp_opening", service.timeouts.tcp_opening);
  add("tcp_established", service.timeouts.tcp_established);
  add("tcp_closing", service.timeouts.tcp_closing);
  add("udp", service.timeouts.udp);
  return absl::StrJoin(texts, ", ");
}
std::string ProtocolText(const Service& service) {
  return std::string(ProtocolName(service.protocol));
}

using Members = std::map<std::string, ServiceTarget>;

Members MembersOf(const Service& service, const std::vector<Target>& targets) {
  Members members;
  for (const ServiceTarget& member : service.targets)
    members.emplace(targets[member.target].name, member);
  return members;
}

// "weight 100", "weight 100 rank 2".
std::string InWords(const ServiceTarget& member) {
  const bool has_rank = member.rank != ServiceTarget().rank;
  return absl::StrCat("weight ", member.weight,
                      has_rank ? absl::StrCat(" rank ", member.rank) : "");
}

std::string NewService(const Service& service, const std::vector<Target>& targets) {
  const std::string members =
      absl::StrJoin(MembersOf(service, targets), ", ", [](std::string* out, const auto& named) {
        absl::StrAppend(out, named.first, " ", InWords(named.second));
      });
  return absl::StrCat("added at ", service.vip.ToString(), " ", ProtocolText(service), " port ",
                      PortsText(service), ", targets: ", OrNone(members));
}

void CompareMembers(const std::string& service, const Members& now, const Members& next,
                    Lines& lines) {
  Pair(now, next, [&](const std::string& name, const auto* before, const auto* after) {
    const std::string member = absl::StrCat(service, ": target ", name);
    if (after == nullptr) return lines.push_back(member + ": removed");
    if (before == nullptr)
      return lines.push_back(absl::StrCat(member, ": added, ", InWords(*after)));
    AddChange(member + ": weight", absl::StrCat(before->weight), absl::StrCat(after->weight),
              lines);
    AddChange(member + ": rank", absl::StrCat(before->rank), absl::StrCat(after->rank), lines);
  });
}

void CompareBalancing(const std::string& service, const Service& now, const Service& next,
                      Lines& lines) {
  const auto before = BalancingInWords(now);
  const auto after = BalancingInWords(next);
  for (std::size_t i = 0; i < before.size(); ++i)
    AddChange(absl::StrCat(service, ": ", before[i].first), before[i].second, after[i].second,
              lines);
}

void CompareServices(const BalancerConfig& now, const BalancerConfig& next, Lines& lines) {
  Pair(NamesOf(now.services), NamesOf(next.services),
       [&](const std::string& name, const auto* before, const auto* after) {
         const std::string service = "service " + name;
         if (after == nullptr) return lines.push_back(service + ": removed");
         if (before == nullptr)
           return lines.push_back(absl::StrCat(service, ": ", NewService(**after, next.targets)));
         const auto change = [&](const char* what, auto text_of) {
           AddChange(absl::StrCat(service, ": ", what), text_of(**before), text_of(**after), lines);
         };
         change("vip", [](const Service& one) { return one.vip.ToString(); });
         change("protocol", ProtocolText);
         change("ports", PortsText);
         change("forwarding", ForwardingText);
         change("no_target", NoTargetText);
         change("echo", EchoText);
         change("timeouts", TimeoutsText);
         change("max_half_open",
                [](const Service& one) { return absl::StrCat(one.max_half_open); });
         change("automatic_affinity", AutomaticInWords);
         change("health", HealthInWords);
         change("affinity", AffinityRulesInWords);
         change("target_port", [](const Service& one) { return absl::StrCat(one.target_port); });
         CompareBalancing(service, **before, **after, lines);
         CompareMembers(service, MembersOf(**before, now.targets), MembersOf(**after, next.targets),
                        lines);
       });
}

}  // namespace

Difference DifferenceOf(const BalancerConfig& now, const BalancerConfig& next) {
  Difference difference;
  CompareFields(FixedFields(now), FixedFields(next), difference.needs_restart);
  CompareFields(LiveFields(now), LiveFields(next), difference.changes);
  CompareTargets(now, next, difference.changes);
  CompareServices(now, next, difference.changes);
  return difference;
}

}  // namespace holdfast::config
