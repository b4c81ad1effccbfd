// EchoMap: which VIPs' pings go on to a target, and by which service.
//
// The most specific VIP that has the address decides, as for ServiceMap: one without a service
// that takes pings answers them, though a wider one would take them.
//
// Made once and never changed; any thread. Empty for nearly everybody.
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/vip.h"
#include "tables/destination.h"

namespace holdfast {

class EchoMap {
 public:
  struct Place {
    Vip vip;
    bool takes_echo = false;
    Destination destination;
  };

  EchoMap() = default;
  // All services. Of several at one VIP that take pings the first one does.
  explicit EchoMap(std::span<const Place> places);

  // No VIP's pings go on.
  [[nodiscard]] bool empty() const { return places_.empty(); }
  // One that does not exist: the balancer answers.
  [[nodiscard]] Destination Find(const IpAddress& vip) const;

 private:
  using Network = std::pair<IpAddress, int>;  // and its length

  std::vector<int> lengths_;  // of VIPs, longest first
  absl::flat_hash_map<Network, Destination> places_;
};

}  // namespace holdfast
