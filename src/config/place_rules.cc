#include "config/place_rules.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "config/field_rules.h"

namespace holdfast::config {
namespace {

// Wider ones are typing errors.
constexpr int kWidestV4 = 8;
constexpr int kWidestV6 = 32;

// What a VIP has that belongs to somebody else: "is the own address of ports[0]".
std::string Takes(const Vip& vip, const IpAddress& address, const std::string& whose) {
  return vip.IsOne() ? absl::StrCat("is the ", whose)
                     : absl::StrCat("has ", address.ToString(), " in it, the ", whose);
}

}  // namespace

void PlaceRules::Check(const std::string& path, const v1::ServiceConfig& message,
                       Service& service) {
  const auto vip = CheckedVip(path + ".vip", message.vip());
  if (vip) service.vip = *vip;
  service.protocol = CheckedProtocol(path + ".protocol", message);
  const std::string place =
      absl::StrCat(service.vip.ToString(), " ", ProtocolName(service.protocol));
  const bool known = vip && !log_.IsSpoiled(path + ".protocol");
  service.ports = PortSet(
      CheckedPorts(path + ".ports", message, known ? &claims_[place] : nullptr, path, place));
}

std::optional<Vip> PlaceRules::CheckedVip(const std::string& field, const std::string& text) {
  std::optional<Vip> vip;
  if (absl::StrContains(text, '/')) {
    if (const auto prefix = CheckedPrefix(field, text)) vip = Vip(*prefix);
  } else if (const auto address = HostAddress(field, text, log_)) {
    vip = Vip(*address);
  }
  if (!vip) return vip;
  CheckOwnAddresses(field, text, *vip);
  for (std::size_t i = 0; i < ports_.size(); ++i)
    for (const auto& gateway : {ports_[i].gateway, ports_[i].gateway_v6})
      if (gateway && vip->Contains(*gateway))
        log_.Add(field, text,
                 Takes(*vip, *gateway, absl::StrCat("gateway of ", ElementPath("ports", i))));
  for (std::size_t i = 0; i < targets_.size(); ++i)
    if (vip->Contains(targets_[i].address))
      log_.Add(
          field, text,
          Takes(*vip, targets_[i].address, absl::StrCat("address of ", ElementPath("targets", i))));
  return vip;
}

std::optional<IpPrefix> PlaceRules::CheckedPrefix(const std::string& field,
                                                  const std::string& text) {
  const auto prefix = IpPrefix::Parse(text);
  if (!prefix.ok()) {
    log_.Add(field, text, "neither an address nor a prefix, as 192.0.2.0/28");
    return std::nullopt;
  }
  const int widest = prefix->address.IsV4() ? kWidestV4 : kWidestV6;
  if (prefix->length < widest) {
    log_.Add(field, text, absl::StrCat("a VIP's prefix has at least ", widest, " bits"));
    return std::nullopt;
  }
  if (!prefix->IsCanonical()) {
    log_.Add(field, text,
             absl::StrCat("has bits set outside the prefix; did you mean ",
                          IpPrefix{prefix->Network(), prefix->length}.ToString(), "?"));
    return std::nullopt;
  }
  if (!IsHostAddress(field, text, prefix->address, log_)) return std::nullopt;
  if (const auto last = prefix->Broadcast(); last && !IsHostAddress(field, text, *last, log_))
    return std::nullopt;
  return *prefix;
}

void PlaceRules::CheckOwnAddresses(const std::string& field, const std::string& text,
                                   const Vip& vip) {
  for (std::size_t i = 0; i < ports_.size(); ++i) {
    for (const IpPrefix& own : ports_[i].addresses) {
      if (vip.Contains(own.address))
        log_.Add(field, text,
                 Takes(vip, own.address, absl::StrCat("own address of ", ElementPath("ports", i))));
      CheckSubnet(field, text, vip, own);
    }
  }
}

// Nobody's own addresses (RFC 3021: a /31 and a /32 have none of them).
void PlaceRules::CheckSubnet(const std::string& field, const std::string& text, const Vip& vip,
                             const IpPrefix& subnet) {
  if (vip.IsOne()) {
    if (subnet.Contains(vip.address())) IsHostOf(field, vip.address(), subnet, log_);
    return;
  }
  const auto broadcast = subnet.Broadcast();
  if (!broadcast) return;
  const IpPrefix whole{subnet.Network(), subnet.length};
  if (vip.Contains(whole.address))
    log_.Add(field, text,
             Takes(vip, whole.address, absl::StrCat("network address of ", whole.ToString())));
  if (vip.Contains(*broadcast))
    log_.Add(field, text,
             Takes(vip, *broadcast, absl::StrCat("broadcast address of ", whole.ToString())));
}

Protocol PlaceRules::CheckedProtocol(const std::string& field, const v1::ServiceConfig& message) {
  if (message.protocol() == v1::ServiceConfig::TRANSPORT_UNSPECIFIED)
    log_.Add(field, "", "is required: tcp or udp");
  return message.protocol() == v1::ServiceConfig::TRANSPORT_UDP ? Protocol::kUdp : Protocol::kTcp;
}

std::vector<PortRange> PlaceRules::CheckedPorts(const std::string& list,
                                                const v1::ServiceConfig& message, Claims* claims,
                                                const std::string& path, const std::string& place) {
  if (message.ports().empty()) log_.Add(list, "", "must have at least one port");
  std::vector<PortRange> ranges;
  for (std::size_t i = 0; i < static_cast<std::size_t>(message.ports_size()); ++i) {
    const std::string field = ElementPath(list, i);
    const std::string& text = message.ports(static_cast<int>(i));
    const auto range = PortRange::Parse(text);
    if (!range) {
      log_.Add(field, text, "must be 1 to 65535, a range of them as 8000-8999, or all");
    } else if (range->IsEvery() && message.ports_size() > 1) {
      log_.Add(field, text, "every port is all that there is: must be alone in the list");
    } else if (IsNewIn(ranges, field, *range)) {
      ranges.push_back(*range);
      if (claims != nullptr) Claim(path, field, *range, place, *claims);
    }
  }
  return ranges;
}

bool PlaceRules::IsNewIn(const std::vector<PortRange>& ranges, const std::string& field,
                         PortRange range) {
  for (const PortRange other : ranges) {
    if (!other.Overlaps(range)) continue;
    log_.Add(field, range.ToString(),
             other == range ? std::string("is in the list already")
                            : absl::StrCat("overlaps ", other.ToString(), " of the same list"));
    return false;
  }
  return true;
}

// Two services with one place could not be told apart.
void PlaceRules::Claim(const std::string& path, const std::string& field, PortRange range,
                       const std::string& place, Claims& claims) {
  const auto refuse = [&](absl::string_view what, absl::string_view whose) {
    log_.Add(field, range.ToString(),
             absl::StrCat(place, " ", what, " served by ", whose, " already"));
  };
  if (range.IsOne()) {
    const auto [first, fresh] = claims.named.emplace(range.first, path);
    if (!fresh) refuse(absl::StrCat("port ", range.first, " is"), first->second);
  } else if (range.IsEvery()) {
    if (!claims.every.empty()) return refuse("as every port is", claims.every);
    claims.every = path;
  } else {
    for (const auto& [other, owner] : claims.ranges)
      if (other.Overlaps(range))
        return refuse(absl::StrCat("ports ", other.ToString(), " are"), owner);
    claims.ranges.emplace_back(range, path);
  }
}

}  // namespace holdfast::config
