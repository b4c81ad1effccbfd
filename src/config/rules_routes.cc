#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/own_address.h"
#include "config/field_rules.h"
#include "config/rules.h"
#include "config/way.h"

namespace holdfast::config {
namespace {

constexpr std::size_t kMaxRoutes = 1024;

// A router is a neighbour, and not ourselves.
class RouterRules {
 public:
  RouterRules(const std::vector<Port>& ports, MistakeLog& log) : ports_(ports), log_(log) {}

  // The port in whose subnet it is; of several, in the longest.
  std::size_t CheckOnAny(const std::string& field, const IpAddress& router) {
    if (IsOurs(field, router)) return 0;
    const auto way = WayTo(router, ports_, {});
    if (way && way->subnet) {
      IsHostOf(field, router, *way->subnet, log_);
      return way->port;
    }
    if (const std::string subnets = SubnetsOf(ports_); !subnets.empty())
      log_.Add(field, router.ToString(),
               absl::StrCat("must lie in the subnet of a port (", subnets, ")"));
    return 0;
  }

  void CheckOn(const std::string& field, const Port& port, const IpAddress& router) {
    if (IsOurs(field, router) || router.IsLinkLocal()) return;
    for (const IpPrefix& subnet : port.addresses)
      if (subnet.Contains(router)) return void(IsHostOf(field, router, subnet, log_));
    log_.Add(field, router.ToString(),
             absl::StrCat("must lie in a subnet of its port",
                          router.IsV4() ? "" : ", or be link-local (fe80::/10)"));
  }

 private:
  bool IsOurs(const std::string& field, const IpAddress& router) {
    for (std::size_t i = 0; i < ports_.size(); ++i) {
      if (!IsOwnAddress(ports_[i].addresses, router)) continue;
      log_.Add(field, router.ToString(),
               absl::StrCat("is the own address of ", ElementPath("ports", i)));
      return true;
    }
    return false;
  }

  const std::vector<Port>& ports_;
  MistakeLog& log_;
};

std::optional<IpAddress> CheckedGateway(const std::string& field, const std::string& text,
                                        bool is_v4, MistakeLog& log) {
  if (!log.Has(field) || log.IsSpoiled(field)) return std::nullopt;
  const auto gateway = IpAddress::Parse(text);
  if (!gateway.ok() || gateway->IsV4() != is_v4) {
    log.Add(field, text, is_v4 ? "must be an IPv4 address" : "must be an IPv6 address");
    return std::nullopt;
  }
  return *gateway;
}

std::optional<IpPrefix> CheckedPrefix(const std::string& field, const std::string& text,
                                      MistakeLog& log) {
  const auto prefix = IpPrefix::Parse(text);
  if (!prefix.ok())
    log.Add(field, text, "must be a prefix, as 10.1.0.0/16");
  else if (!prefix->IsCanonical())
    log.Add(field, text, "has bits set outside the prefix");
  return prefix.ok() ? std::optional(*prefix) : std::nullopt;
}

class GatewayRules {
 public:
  explicit GatewayRules(MistakeLog& log) : log_(log) {}

  void Check(const std::string& path, const v1::Port& message, Port& port) {
    port.gateway = CheckedGateway(path + ".gateway", message.gateway(), true, log_);
    port.gateway_v6 = CheckedGateway(path + ".gateway_v6", message.gateway_v6(), false, log_);
    Claim(path, ".gateway", port.gateway, v4_);
    Claim(path, ".gateway_v6", port.gateway_v6, v6_);
  }

 private:
  // With two, nobody could say which one a target is reached by.
  void Claim(const std::string& path, const char* name, const std::optional<IpAddress>& gateway,
             std::string& owner) {
    if (!gateway) return;
    if (!owner.empty())
      log_.Add(path + name, gateway->ToString(),
               absl::StrCat(owner, " has the default gateway already; use `routes` for others"));
    else
      owner = path;
  }

  MistakeLog& log_;
  std::string v4_;
  std::string v6_;
};

}  // namespace

std::vector<Route> CheckedRoutes(const RouteMessages& routes, const PortMessages& messages,
                                 std::vector<Port>& ports, MistakeLog& log) {
  RouterRules routers(ports, log);
  GatewayRules gateways(log);
  for (std::size_t i = 0; i < ports.size(); ++i) {
    const std::string path = ElementPath("ports", i);
    gateways.Check(path, messages[static_cast<int>(i)], ports[i]);
    if (ports[i].gateway) routers.CheckOn(path + ".gateway", ports[i], *ports[i].gateway);
    if (ports[i].gateway_v6) routers.CheckOn(path + ".gateway_v6", ports[i], *ports[i].gateway_v6);
  }
  if (static_cast<std::size_t>(routes.size()) > kMaxRoutes)
    log.Add("routes", absl::StrCat(routes.size(), " routes"),
            absl::StrCat("at most ", kMaxRoutes, " are possible"));
  Uniqueness prefixes("prefix", log);
  std::vector<Route> checked;
  for (std::size_t i = 0; i < static_cast<std::size_t>(routes.size()); ++i) {
    const v1::Route& message = routes[static_cast<int>(i)];
    const std::string path = ElementPath("routes", i);
    const auto prefix = CheckedPrefix(path + ".prefix", message.prefix(), log);
    const auto via = HostAddress(path + ".via", message.via(), log);
    if (prefix) prefixes.Claim(path, path + ".prefix", prefix->ToString());
    if (!prefix || !via) continue;
    if (prefix->address.IsV4() != via->IsV4())
      log.Add(path + ".via", message.via(), "must be of the same family as the prefix");
    checked.push_back({*prefix, *via, routers.CheckOnAny(path + ".via", *via)});
  }
  return checked;
}

void CheckOnLink(const std::string& field, const Target& target, MistakeLog& log) {
  if (target.gateway)
    log.Add(field, target.name,
            absl::StrCat("is reached by the gateway ", target.gateway->ToString(),
                         ", but l2 reaches neighbours only: use another `forwarding`, or give the "
                         "target an address in the subnet of a port"));
}

}  // namespace holdfast::config
