#include "config/automatic_fields.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "config/field_rules.h"

namespace holdfast::config {
namespace {

PortSet CheckedClientPorts(const std::string& list, const v1::AutomaticAffinity& message,
                           MistakeLog& log) {
  std::vector<PortRange> ranges;
  for (std::size_t i = 0; i < static_cast<std::size_t>(message.client_ports_size()); ++i) {
    const std::string& text = message.client_ports(static_cast<int>(i));
    const std::string field = ElementPath(list, i);
    const auto range = PortRange::Parse(text);
    const auto overlaps = [&](PortRange other) { return other.Overlaps(*range); };
    if (!range)
      log.Add(field, text, "must be 1 to 65535, or a range as 40000-40999");
    else if (std::ranges::any_of(ranges, overlaps))
      log.Add(field, text, "is in the list already, or a part of it is");
    else
      ranges.push_back(*range);
  }
  return PortSet(std::move(ranges));
}

}  // namespace

void CheckAutomatic(const std::string& path, const v1::ServiceConfig& message, Service& service,
                    MistakeLog& log) {
  if (!message.has_automatic_affinity()) return;
  const v1::AutomaticAffinity& wanted = message.automatic_affinity();
  const std::string field = path + ".automatic_affinity";
  AutomaticAffinity& automatic = service.automatic_affinity.emplace();
  automatic.linger = BoundedDuration(field + ".linger", wanted.linger(), automatic.linger,
                                     {absl::ZeroDuration(), absl::Hours(4)}, log);
  automatic.client_ports = CheckedClientPorts(field + ".client_ports", wanted, log);
}

void AutomaticToMessage(const Service& service, v1::ServiceConfig& message) {
  if (!service.automatic_affinity) return;
  v1::AutomaticAffinity& automatic = *message.mutable_automatic_affinity();
  automatic.set_linger(absl::FormatDuration(service.automatic_affinity->linger));
  for (const std::string& ports : service.automatic_affinity->client_ports.Texts())
    automatic.add_client_ports(ports);
}

std::string AutomaticInWords(const Service& service) {
  if (!service.automatic_affinity) return "off";
  const AutomaticAffinity& automatic = *service.automatic_affinity;
  std::string words = "on";
  if (automatic.linger > absl::ZeroDuration())
    absl::StrAppend(&words, ", linger ", absl::FormatDuration(automatic.linger));
  if (!automatic.client_ports.empty())
    absl::StrAppend(&words, ", client ports ", absl::StrJoin(automatic.client_ports.Texts(), ", "));
  return words;
}

}  // namespace holdfast::config
