#include <algorithm>
#include <set>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "base/ids.h"
#include "config/affinity_fields.h"
#include "config/automatic_fields.h"
#include "config/balancing_fields.h"
#include "config/closest_word.h"
#include "config/field_rules.h"
#include "config/health_fields.h"
#include "config/place_rules.h"
#include "config/rules.h"

namespace holdfast::config {
namespace {

class ServiceRules {
 public:
  ServiceRules(const std::vector<Port>& ports, const std::vector<Target>& targets, bool has_nat,
               MistakeLog& log)
      : ports_(ports),
        targets_(targets),
        has_nat_(has_nat),
        log_(log),
        names_("name", log),
        places_(ports, targets, log) {
    for (std::size_t i = 0; i < targets.size(); ++i) target_index_.emplace(targets[i].name, i);
  }

  Service Check(const std::string& path, const v1::ServiceConfig& message) {
    Service service;
    service.name = CheckedName(path + ".name", message.name(), "-_.", log_);
    names_.Claim(path, path + ".name", service.name);
    places_.Check(path, message, service);
    service.no_target = message.no_target() == v1::ServiceConfig::NO_TARGET_DROP
                            ? NoTarget::kDrop
                            : NoTarget::kReject;
    service.echo =
        message.echo() == v1::ServiceConfig::ECHO_FORWARD ? Echo::kForward : Echo::kAnswer;
    service.takes_echo = service.echo == Echo::kForward && echo_vips_.insert(service.vip).second;
    service.forwarding = CheckedForwarding(message.forwarding()).value_or(ForwardingMode::kL2);
    service.timeouts = CheckedTimeouts(path + ".timeouts", message.timeouts(), log_);
    service.max_half_open = static_cast<std::uint32_t>(
        BoundedNumber(path + ".max_half_open", message.max_half_open(), {0, 134'217'728}, log_));
    service.target_port = static_cast<std::uint16_t>(
        BoundedNumber(path + ".target_port", message.target_port(), {0, 65535}, log_));
    service.affinity = CheckedAffinityRules(path + ".affinity", message.affinity(), log_);
    CheckBalancing(path, message, service, log_);
    CheckAutomatic(path, message, service, log_);
    CheckTargets(path, message, service);
    CheckHealth(path + ".health", message, {ports_, targets_}, service, log_);
    return service;
  }

 private:
  void CheckTargets(const std::string& path, const v1::ServiceConfig& message, Service& service) {
    for (std::size_t i = 0; i < static_cast<std::size_t>(message.targets_size()); ++i) {
      const v1::ServiceTargetConfig& wanted = message.targets(static_cast<int>(i));
      const std::string element = ElementPath(path + ".targets", i);
      ServiceTarget target;
      CheckMember(element, wanted, target, log_);
      const auto index = IndexOf(element + ".target", wanted.target());
      if (!index) continue;
      target.target = *index;
      CheckWay(element + ".target", targets_[*index], service);
      AddOnce(element, wanted.target(), target, service);
    }
  }

  void CheckWay(const std::string& field, const Target& target, const Service& service) {
    const ForwardingMode mode = target.forwarding.value_or(service.forwarding);
    if (mode == ForwardingMode::kL2) CheckOnLink(field, target, log_);
    if (mode != ForwardingMode::kNat) return;
    if (service.echo == Echo::kForward)
      log_.Add(field, target.name,
               "is reached by nat, which does not translate the identifiers of pings; the service "
               "has `echo: forward`, which needs l2, ipip or gue");
    CheckNatTarget(field, service.vip, target, ports_, has_nat_, log_);
  }

  std::optional<std::size_t> IndexOf(const std::string& field, const std::string& name) {
    if (name.empty()) {
      log_.Add(field, "", "is required");
      return std::nullopt;
    }
    if (const auto found = target_index_.find(name); found != target_index_.end())
      return found->second;
    std::vector<std::string> known;
    for (const Target& target : targets_) known.push_back(target.name);
    const std::string closest = ClosestWord(name, known);
    log_.Add(field, name,
             closest.empty()
                 ? "is not the name of a target"
                 : absl::StrCat("is not the name of a target; did you mean '", closest, "'?"));
    return std::nullopt;
  }

  void AddOnce(const std::string& element, const std::string& name, const ServiceTarget& target,
               Service& service) {
    for (const ServiceTarget& other : service.targets)
      if (other.target == target.target)
        return log_.Add(element + ".target", name, "is in the list already");
    service.targets.push_back(target);
  }

  const std::vector<Port>& ports_;
  const std::vector<Target>& targets_;
  const bool has_nat_;
  MistakeLog& log_;
  Uniqueness names_;
  PlaceRules places_;
  std::set<Vip> echo_vips_;                                     // whose pings a service takes
  absl::flat_hash_map<std::string, std::size_t> target_index_;  // by name
};

}  // namespace

std::vector<Service> CheckedServices(const ServiceMessages& services,
                                     const std::vector<Port>& ports,
                                     const std::vector<Target>& targets, bool has_nat,
                                     MistakeLog& log) {
  if (static_cast<std::size_t>(services.size()) > kMaxServices)
    log.Add("services", absl::StrCat(services.size(), " services"),
            absl::StrCat("at most ", kMaxServices, " are possible"));
  ServiceRules rules(ports, targets, has_nat, log);
  std::vector<Service> checked;
  for (std::size_t i = 0; i < static_cast<std::size_t>(services.size()); ++i)
    checked.push_back(rules.Check(ElementPath("services", i), services[static_cast<int>(i)]));
  return checked;
}

}  // namespace holdfast::config
