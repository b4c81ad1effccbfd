#include <algorithm>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "base/ids.h"
#include "config/balancing_fields.h"
#include "config/closest_word.h"
#include "config/field_rules.h"
#include "config/rules.h"

namespace holdfast::config {
namespace {

class ServiceRules {
 public:
  ServiceRules(const std::vector<Port>& ports, const std::vector<Target>& targets, MistakeLog& log)
      : ports_(ports), targets_(targets), log_(log), names_("name", log) {
    for (std::size_t i = 0; i < targets.size(); ++i) target_index_.emplace(targets[i].name, i);
  }

  Service Check(const std::string& path, const v1::ServiceConfig& message) {
    Service service;
    service.name = CheckedName(path + ".name", message.name(), "-_.", log_);
    names_.Claim(path, path + ".name", service.name);
    const auto vip = CheckedVip(path + ".vip", message.vip());
    if (vip) service.vip = *vip;
    service.protocol = CheckedProtocol(path + ".protocol", message);
    service.no_target = message.no_target() == v1::ServiceConfig::NO_TARGET_DROP
                            ? NoTarget::kDrop
                            : NoTarget::kReject;
    service.forwarding = CheckedForwarding(message.forwarding()).value_or(ForwardingMode::kL2);
    CheckPorts(path, message, vip.has_value(), service);
    CheckBalancing(path, message, service, log_);
    CheckTargets(path, message, service);
    return service;
  }

 private:
  std::optional<IpAddress> CheckedVip(const std::string& field, const std::string& text) {
    const auto vip = HostAddress(field, text, log_);
    if (!vip) return std::nullopt;
    for (std::size_t i = 0; i < ports_.size(); ++i) {
      for (const IpPrefix& own : ports_[i].addresses) {
        if (own.address == *vip)
          log_.Add(field, text, absl::StrCat("is the own address of ", ElementPath("ports", i)));
        if (own.Contains(*vip)) IsHostOf(field, *vip, own, log_);
      }
      if (ports_[i].gateway == vip || ports_[i].gateway_v6 == vip)
        log_.Add(field, text, absl::StrCat("is the gateway of ", ElementPath("ports", i)));
    }
    for (std::size_t i = 0; i < targets_.size(); ++i)
      if (targets_[i].address == *vip)
        log_.Add(field, text, absl::StrCat("is the address of ", ElementPath("targets", i)));
    return vip;
  }

  Protocol CheckedProtocol(const std::string& field, const v1::ServiceConfig& message) {
    if (message.protocol() == v1::ServiceConfig::TRANSPORT_UNSPECIFIED)
      log_.Add(field, "", "is required: tcp or udp");
    return message.protocol() == v1::ServiceConfig::TRANSPORT_UDP ? Protocol::kUdp : Protocol::kTcp;
  }

  void CheckPorts(const std::string& path, const v1::ServiceConfig& message, bool has_vip,
                  Service& service) {
    const std::string list = path + ".ports";
    if (message.ports().empty()) log_.Add(list, "", "must have at least one port");
    for (std::size_t i = 0; i < static_cast<std::size_t>(message.ports_size()); ++i) {
      const std::string field = ElementPath(list, i);
      const std::uint32_t port = message.ports(static_cast<int>(i));
      BoundedNumber(field, port, {1, 65535}, log_);
      if (log_.IsSpoiled(field)) continue;
      service.ports.push_back(static_cast<std::uint16_t>(port));
      if (has_vip && !log_.IsSpoiled(path + ".protocol")) ClaimPort(path, field, service, port);
    }
    std::sort(service.ports.begin(), service.ports.end());
  }

  // Two services with one place (VIP, protocol, port) could not be told apart.
  void ClaimPort(const std::string& path, const std::string& field, const Service& service,
                 std::uint32_t port) {
    const auto [first, fresh] = places_.emplace(
        absl::StrCat(service.vip.ToString(), " ", ProtocolName(service.protocol), " ", port), path);
    if (fresh) return;
    log_.Add(field, absl::StrCat(port),
             first->second == path
                 ? std::string("is in the list already")
                 : absl::StrCat(service.vip.ToString(), " ", ProtocolName(service.protocol),
                                " port ", port, " is served by ", first->second, " already"));
  }

  void CheckTargets(const std::string& path, const v1::ServiceConfig& message, Service& service) {
    for (std::size_t i = 0; i < static_cast<std::size_t>(message.targets_size()); ++i) {
      const v1::ServiceTargetConfig& wanted = message.targets(static_cast<int>(i));
      const std::string element = ElementPath(path + ".targets", i);
      ServiceTarget target;
      CheckMember(element, wanted, target, log_);
      const auto index = IndexOf(element + ".target", wanted.target());
      if (!index) continue;
      target.target = *index;
      if (targets_[*index].forwarding.value_or(service.forwarding) == ForwardingMode::kL2)
        CheckOnLink(element + ".target", targets_[*index], log_);
      AddOnce(element, wanted.target(), target, service);
    }
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
  MistakeLog& log_;
  Uniqueness names_;
  absl::flat_hash_map<std::string, std::string> places_;        // to the service's path
  absl::flat_hash_map<std::string, std::size_t> target_index_;  // by name
};

}  // namespace

std::vector<Service> CheckedServices(const ServiceMessages& services,
                                     const std::vector<Port>& ports,
                                     const std::vector<Target>& targets, MistakeLog& log) {
  if (static_cast<std::size_t>(services.size()) > kMaxServices)
    log.Add("services", absl::StrCat(services.size(), " services"),
            absl::StrCat("at most ", kMaxServices, " are possible"));
  ServiceRules rules(ports, targets, log);
  std::vector<Service> checked;
  for (std::size_t i = 0; i < static_cast<std::size_t>(services.size()); ++i)
    checked.push_back(rules.Check(ElementPath("services", i), services[static_cast<int>(i)]));
  return checked;
}

}  // namespace holdfast::config
