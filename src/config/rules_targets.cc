#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/ids.h"
#include "config/field_rules.h"
#include "config/rules.h"

namespace holdfast::config {
namespace {

std::string SubnetsOf(const std::vector<Port>& ports) {
  std::vector<std::string> subnets;
  for (const Port& port : ports)
    for (const IpPrefix& prefix : port.addresses)
      subnets.push_back(absl::StrCat(prefix.ToString(), " on ", port.name));
  return absl::StrJoin(subnets, ", ");
}

// Sets the port whose subnet holds the target; the longest prefix wins, as in a
// routing table.
void CheckReachable(const std::string& field, const std::vector<Port>& ports, Target& target,
                    MistakeLog& log) {
  const IpPrefix* longest = nullptr;
  for (std::size_t i = 0; i < ports.size(); ++i) {
    for (const IpPrefix& prefix : ports[i].addresses) {
      if (prefix.address == target.address)
        return log.Add(field, target.address.ToString(),
                       absl::StrCat("is the own address of ", ElementPath("ports", i)));
      if (!prefix.Contains(target.address) || (longest && prefix.length <= longest->length))
        continue;
      longest = &prefix;
      target.port = i;
    }
  }
  if (longest != nullptr) return void(IsHostOf(field, target.address, *longest, log));
  // Without a port that is right nothing can be said about targets.
  if (const std::string subnets = SubnetsOf(ports); !subnets.empty())
    log.Add(field, target.address.ToString(),
            absl::StrCat("must lie in the subnet of a port (", subnets, ")"));
}

std::optional<MacAddress> CheckedMac(const std::string& field, const std::string& text,
                                     MistakeLog& log) {
  if (!log.Has(field) || log.IsSpoiled(field)) return std::nullopt;
  const auto mac = MacAddress::Parse(text);
  if (!mac.ok())
    log.Add(field, text, "must be a MAC address as 02:00:00:00:00:01");
  else if (mac->IsMulticast() || mac->IsZero())
    log.Add(field, text, "must be the MAC address of one host, not multicast and not zero");
  return mac.ok() ? std::optional(*mac) : std::nullopt;
}

}  // namespace

std::vector<Target> CheckedTargets(const TargetMessages& targets, const std::vector<Port>& ports,
                                   MistakeLog& log) {
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
    CheckReachable(path + ".address", ports, target, log);
  }
  return checked;
}

}  // namespace holdfast::config
