#include <string>

#include "absl/strings/str_cat.h"
#include "config/field_rules.h"
#include "config/rules.h"
#include "config/way.h"

namespace holdfast::config {
namespace {

constexpr std::size_t kMaxNeighbours = 4096;

// The port that it is a neighbour on: by its subnet, or as its gateway.
std::optional<std::size_t> PortOf(const IpAddress& address, const std::vector<Port>& ports) {
  for (std::size_t i = 0; i < ports.size(); ++i)
    if (ports[i].gateway == address || ports[i].gateway_v6 == address) return i;
  const auto way = WayTo(address, ports, {});
  return way && way->subnet ? std::optional(way->port) : std::nullopt;
}

void CheckNotSaidTwice(const std::string& field, const IpAddress& address,
                       const std::vector<Target>& targets, MistakeLog& log) {
  for (std::size_t i = 0; i < targets.size(); ++i)
    if (targets[i].mac && targets[i].address == address)
      log.Add(field, address.ToString(),
              absl::StrCat(ElementPath("targets", i), " says its MAC already"));
}

}  // namespace

std::vector<StaticNeighbour> CheckedNeighbours(const NeighbourMessages& neighbours,
                                               const std::vector<Port>& ports,
                                               const std::vector<Target>& targets,
                                               MistakeLog& log) {
  if (static_cast<std::size_t>(neighbours.size()) > kMaxNeighbours)
    log.Add("neighbours", absl::StrCat(neighbours.size(), " neighbours"),
            absl::StrCat("at most ", kMaxNeighbours, " are possible"));
  Uniqueness addresses("address", log);
  std::vector<StaticNeighbour> checked;
  for (std::size_t i = 0; i < static_cast<std::size_t>(neighbours.size()); ++i) {
    const v1::StaticNeighbour& message = neighbours[static_cast<int>(i)];
    const std::string path = ElementPath("neighbours", i);
    if (message.mac().empty()) log.Add(path + ".mac", "", "is required");
    const auto mac = CheckedMac(path + ".mac", message.mac(), log);
    const auto address = HostAddress(path + ".address", message.address(), log);
    if (!address) continue;
    addresses.Claim(path, path + ".address", address->ToString());
    CheckNotSaidTwice(path + ".address", *address, targets, log);
    const auto port = PortOf(*address, ports);
    if (!port && !ports.empty())
      log.Add(path + ".address", address->ToString(),
              absl::StrCat("must lie in the subnet of a port (", SubnetsOf(ports),
                           "), or be a gateway"));
    if (mac && port) checked.push_back({*address, *mac, *port});
  }
  return checked;
}

}  // namespace holdfast::config
