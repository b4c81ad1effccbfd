#include "config/affinity_fields.h"

#include "absl/strings/str_cat.h"
#include "config/field_rules.h"

namespace holdfast::config {

AffinityRules CheckedAffinityRules(const std::string& path, const v1::AffinityRules& message,
                                   MistakeLog& log) {
  AffinityRules rules;
  const auto length = [&](const char* name, std::uint32_t value, std::uint64_t most) {
    return static_cast<std::uint8_t>(BoundedNumber(path + name, value, {0, most}, log));
  };
  if (message.has_widest_ipv4_prefix())
    rules.widest_ipv4_prefix = length(".widest_ipv4_prefix", message.widest_ipv4_prefix(), 32);
  if (message.has_widest_ipv6_prefix())
    rules.widest_ipv6_prefix = length(".widest_ipv6_prefix", message.widest_ipv6_prefix(), 128);
  rules.extend_on_connection = message.extend_on_connection();
  if (!message.max_lifetime().empty())
    rules.max_lifetime = BoundedDuration(path + ".max_lifetime", message.max_lifetime(), {},
                                         {absl::Seconds(1), absl::Hours(8760)}, log);
  return rules;
}

void AffinityRulesToMessage(const AffinityRules& rules, v1::AffinityRules& message) {
  message.set_widest_ipv4_prefix(rules.widest_ipv4_prefix);
  message.set_widest_ipv6_prefix(rules.widest_ipv6_prefix);
  message.set_extend_on_connection(rules.extend_on_connection);
  if (rules.max_lifetime) message.set_max_lifetime(absl::FormatDuration(*rules.max_lifetime));
}

std::string AffinityRulesInWords(const Service& service) {
  const AffinityRules& rules = service.affinity;
  std::string words = absl::StrCat("clients at most /", rules.widest_ipv4_prefix, " and /",
                                   rules.widest_ipv6_prefix);
  if (rules.extend_on_connection) absl::StrAppend(&words, ", extended by connections");
  if (rules.max_lifetime)
    absl::StrAppend(&words, ", for ", absl::FormatDuration(*rules.max_lifetime), " at most");
  return words;
}

}  // namespace holdfast::config
