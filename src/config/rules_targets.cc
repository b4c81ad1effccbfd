#include <string>

#include "absl/strings/str_cat.h"
#include "base/ids.h"
#include "config/field_rules.h"
#include "config/rules.h"
#include "config/way.h"

namespace holdfast::config {
namespace {

// Sets how the target is reached.
void CheckReachable(const std::string& field, const std::vector<Port>& ports,
                    const std::vector<Route>& routes, Target& target, MistakeLog& log) {
  for (std::size_t i = 0; i < ports.size(); ++i)
    for (const IpPrefix& prefix : ports[i].addresses)
      if (prefix.address == target.address)
        return log.Add(field, target.address.ToString(),
                       absl::StrCat("is the own address of ", ElementPath("ports", i)));
  const std::optional<Way> way = WayTo(target.address, ports, routes);
  if (way) {
    target.port = way->port;
    target.gateway = way->gateway;
    if (way->subnet) IsHostOf(field, target.address, *way->subnet, log);
    return;
  }
  // Without a port that is right nothing can be said about targets.
  if (const std::string subnets = SubnetsOf(ports); !subnets.empty())
    log.Add(field, target.address.ToString(),
            absl::StrCat("must lie in the subnet of a port (", subnets,
                         "), or be reached by `routes` or a port's gateway"));
}

// Frames to a target behind a gateway have the gateway's MAC.
void CheckHasOwnMac(const std::string& field, const Target& target, MistakeLog& log) {
  if (target.mac && target.gateway)
    log.Add(field, target.mac->ToString(),
            absl::StrCat("the target is reached by the gateway ", target.gateway->ToString(),
                         ": give that one a MAC in `neighbours`"));
}

}  // namespace

std::vector<Target> CheckedTargets(const TargetMessages& targets, const std::vector<Port>& ports,
                                   const std::vector<Route>& routes, MistakeLog& log) {
  if (static_cast<std::size_t>(targets.size()) > kMaxTargets)
    log.Add("targets", absl::StrCat(targets.size(), " targets"),
            absl::StrCat("at most ", kMaxTargets, " are possible"));
  Uniqueness names("name", log);
  Uniqueness addresses("address", log);
  std::vector<Target> checked;
  for (std::size_t i = 0; i < static_cast<std::size_t>(targets.size()); ++i) {
    const v1::TargetConfig& message = targets[static_cast<int>(i)];
    const std::string path = ElementPath("targets", i);
    Target& target = checked.emplace_back();
    target.name = CheckedName(path + ".name", message.name(), "-_.", log);
    names.Claim(path, path + ".name", target.name);
    target.mac = CheckedMac(path + ".mac", message.mac(), log);
    target.forwarding = CheckedForwarding(message.forwarding());
    if (message.has_gue_port())
      target.gue_port = static_cast<std::uint16_t>(
          BoundedNumber(path + ".gue_port", message.gue_port(), {1, 65535}, log));
    const auto address = HostAddress(path + ".address", message.address(), log);
    if (!address) continue;
    target.address = *address;
    addresses.Claim(path, path + ".address", address->ToString());
    CheckReachable(path + ".address", ports, routes, target, log);
    CheckHasOwnMac(path + ".mac", target, log);
  }
  return checked;
}

}  // namespace holdfast::config
