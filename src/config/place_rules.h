// PlaceRules: where services may be: VIP, protocol and ports, so that each packet has one
// service at the most.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "config/balancer_config.h"
#include "config/mistake_log.h"
#include "holdfast/v1/config.pb.h"

namespace holdfast::config {

class PlaceRules {
 public:
  // `ports` and `targets`: whose addresses no VIP may have. All outlive it.
  PlaceRules(const std::vector<Port>& ports, const std::vector<Target>& targets, MistakeLog& log)
      : ports_(ports), targets_(targets), log_(log) {}

  // Reads vip, protocol and ports; claims them for the service at `path`.
  void Check(const std::string& path, const v1::ServiceConfig& message, Service& service);

 private:
  // Who has what at one VIP and protocol, by paths.
  struct Claims {
    absl::flat_hash_map<std::uint16_t, std::string> named;
    std::vector<std::pair<PortRange, std::string>> ranges;
    std::string every;  // "": nobody
  };

  [[nodiscard]] std::optional<Vip> CheckedVip(const std::string& field, const std::string& text);
  [[nodiscard]] std::optional<IpPrefix> CheckedPrefix(const std::string& field,
                                                      const std::string& text);
  void CheckOwnAddresses(const std::string& field, const std::string& text, const Vip& vip);
  void CheckSubnet(const std::string& field, const std::string& text, const Vip& vip,
                   const IpPrefix& subnet);
  Protocol CheckedProtocol(const std::string& field, const v1::ServiceConfig& message);
  std::vector<PortRange> CheckedPorts(const std::string& list, const v1::ServiceConfig& message,
                                      Claims* claims, const std::string& path,
                                      const std::string& place);
  bool IsNewIn(const std::vector<PortRange>& ranges, const std::string& field, PortRange range);
  void Claim(const std::string& path, const std::string& field, PortRange range,
             const std::string& place, Claims& claims);

  const std::vector<Port>& ports_;
  const std::vector<Target>& targets_;
  MistakeLog& log_;
  absl::flat_hash_map<std::string, Claims> claims_;  // by "192.0.2.1 tcp"
};

}  // namespace holdfast::config
