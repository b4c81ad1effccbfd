#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/port_set.h"
#include "base/probe_ports.h"
#include "config/field_rules.h"
#include "config/rules.h"

namespace holdfast::config {
namespace {

// Fewer would be used up before one that was is free again.
constexpr std::size_t kLeastPortsOfWorker = 64;

void CheckPorts(const std::string& text, std::size_t workers, Nat& nat, MistakeLog& log) {
  if (text.empty()) return;
  const auto range = PortRange::Parse(text);
  if (!range) return log.Add("nat.ports", text, "must be a range of ports, as 16384-32767");
  if (range->last >= kFirstProbePort)
    return log.Add(
        "nat.ports", text,
        absl::StrCat("must be below ", kFirstProbePort, ": from there on health checks have them"));
  nat.ports = *range;
  const std::size_t count = std::size_t{range->last} - range->first + 1;
  if (const std::size_t least = kLeastPortsOfWorker * workers; count < least)
    log.Add("nat.ports", text,
            absl::StrCat("are ", count, " ports; at least ", least, " are needed, ",
                         kLeastPortsOfWorker, " for each worker"));
}

}  // namespace

Nat CheckedNat(const v1::Nat& message, std::size_t workers, MistakeLog& log) {
  Nat nat;
  CheckPorts(message.ports(), workers, nat, log);
  if (message.has_sessions_per_worker())
    nat.sessions_per_worker = BoundedNumber("nat.sessions_per_worker",
                                            message.sessions_per_worker(), {1024, 16'777'216}, log);
  return nat;
}

void CheckNatTarget(const std::string& field, const Vip& vip, const Target& target,
                    const std::vector<Port>& ports, bool has_nat, MistakeLog& log) {
  if (!has_nat)
    return log.Add(field, target.name,
                   "is reached by nat, which needs the section `nat` (its ports); add `nat: {}`");
  const bool is_ipv4 = target.address.IsV4();
  if (vip.IsV4() != is_ipv4)
    return log.Add(
        field, target.name,
        absl::StrCat("is reached by nat, which does not change ",
                     is_ipv4 ? "IPv6 into IPv4" : "IPv4 into IPv6", ": use ipip or gue"));
  const std::vector<IpPrefix>& own = ports[target.port].addresses;
  if (std::none_of(own.begin(), own.end(),
                   [&](const IpPrefix& prefix) { return prefix.address.IsV4() == is_ipv4; }))
    log.Add(field, target.name,
            absl::StrCat("is reached by nat, and ", ElementPath("ports", target.port),
                         " has no own ", is_ipv4 ? "IPv4" : "IPv6", " address to come from"));
}

}  // namespace holdfast::config
