#include "config/field_rules.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace holdfast::config {
namespace {

const char* WhyNoHost(const IpAddress& address) {
  if (address.IsUnspecified()) return "must not be the unspecified address";
  if (address.IsLoopback()) return "must not be a loopback address";
  if (address.IsMulticast()) return "must not be a multicast address";
  if (address.IsLimitedBroadcast()) return "must not be the broadcast address";
  return nullptr;
}

}  // namespace

std::uint64_t BoundedNumber(const std::string& field, std::uint64_t value,
                            Bounds<std::uint64_t> bounds, MistakeLog& log) {
  if (value < bounds.least || value > bounds.most)
    log.Add(field, absl::StrCat(value),
            absl::StrCat("must be ", bounds.least, " to ", bounds.most));
  return value;
}

absl::Duration BoundedDuration(const std::string& field, const std::string& text,
                               absl::Duration absent, Bounds<absl::Duration> bounds,
                               MistakeLog& log) {
  if (!log.Has(field)) return absent;
  absl::Duration duration;
  if (!absl::ParseDuration(text, &duration))
    log.Add(field, text, "must be a duration with a unit, as 500us, 90s or 2h10m");
  else if (duration < bounds.least || duration > bounds.most)
    log.Add(field, text,
            absl::StrCat("must be ", absl::FormatDuration(bounds.least), " to ",
                         absl::FormatDuration(bounds.most)));
  return duration;
}

std::string CheckedName(const std::string& field, const std::string& text, absl::string_view others,
                        MistakeLog& log) {
  if (text.empty()) log.Add(field, "", "is required");
  for (const char c : text)
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && !absl::StrContains(others, c))
      log.Add(field, text, absl::StrCat("may hold letters, digits and any of ", others));
  return text;
}

std::optional<IpAddress> HostAddress(const std::string& field, const std::string& text,
                                     MistakeLog& log) {
  if (text.empty()) {
    log.Add(field, "", "is required");
    return std::nullopt;
  }
  const auto address = IpAddress::Parse(text);
  if (!address.ok()) {
    log.Add(field, text, "not an IPv4 or IPv6 address");
    return std::nullopt;
  }
  if (!IsHostAddress(field, text, *address, log)) return std::nullopt;
  return *address;
}

bool IsHostAddress(const std::string& field, const std::string& text, const IpAddress& address,
                   MistakeLog& log) {
  const char* rule = WhyNoHost(address);
  if (rule != nullptr) log.Add(field, text, rule);
  return rule == nullptr;
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

bool IsHostOf(const std::string& field, const IpAddress& address, const IpPrefix& subnet,
              MistakeLog& log) {
  // All of an IPv6 subnet's addresses are hosts' but the first (RFC 4291, 2.6.1).
  if (!address.IsV4() && (subnet.length >= 127 || !IpPrefix{address, subnet.length}.IsCanonical()))
    return true;
  if (!address.IsV4()) {
    log.Add(field, address.ToString(),
            absl::StrCat("is the subnet-router anycast address of ", subnet.ToString()));
    return false;
  }
  if (subnet.length >= 31) return true;
  const std::uint32_t host_bits = subnet.length == 0 ? ~0U : (1U << (32 - subnet.length)) - 1;
  const std::uint32_t host = address.V4() & host_bits;
  if (host != 0 && host != host_bits) return true;
  log.Add(
      field, address.ToString(),
      absl::StrCat("must not be the ", host == 0 ? "network" : "broadcast", " address of ",
                   IpAddress::FromV4(address.V4() & ~host_bits).ToString(), "/", subnet.length));
  return false;
}

std::optional<ForwardingMode> CheckedForwarding(v1::Forwarding forwarding) {
  switch (forwarding) {
    case v1::FORWARDING_L2:
      return ForwardingMode::kL2;
    case v1::FORWARDING_IPIP:
      return ForwardingMode::kIpip;
    case v1::FORWARDING_GUE:
      return ForwardingMode::kGue;
    case v1::FORWARDING_NAT:
      return ForwardingMode::kNat;
    default:
      return std::nullopt;
  }
}

void Uniqueness::Claim(const std::string& owner, const std::string& field,
                       const std::string& value) {
  if (value.empty() || log_.IsSpoiled(field)) return;
  const auto [first, fresh] = owners_.emplace(value, owner);
  if (!fresh)
    log_.Add(field, value, absl::StrCat("is the ", what_, " of ", first->second, " already"));
}

}  // namespace holdfast::config
