// Neighbourhood: the neighbours at the ports, for operators.
//
// A neighbour is a next hop: a target, or the router before some. One that several
// targets are reached by is one.
//
// Thread: the management loop.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/ids.h"
#include "base/ip_address.h"
#include "base/mac_address.h"

namespace holdfast {

enum class NeighbourState : std::uint8_t {
  kIncomplete,  // asked for its MAC; no answer yet
  kReachable,   // it answered, not long ago
  kStale,       // it is asked again, and has not answered yet
  kFailed,      // it does not answer; the MAC that it had, if any, is still used
  kStatic,      // its MAC is configured; nobody asks
};
inline constexpr std::array<std::string_view, 5> kNeighbourStateNames = {
    "incomplete", "reachable", "stale", "failed", "static"};

struct NeighbourView {
  IpAddress address;
  PortIndex port{};
  NeighbourState state = NeighbourState::kIncomplete;
  std::optional<MacAddress> mac;
  absl::Duration age;                 // since it was heard; never: since it was first asked for
  std::vector<TargetHandle> targets;  // that are reached by it
};

// An address that was told to the hosts at a port.
struct Announced {
  IpAddress address;
  PortIndex port{};
};

class Neighbourhood {
 public:
  Neighbourhood() = default;
  Neighbourhood(const Neighbourhood&) = delete;
  Neighbourhood& operator=(const Neighbourhood&) = delete;
  virtual ~Neighbourhood() = default;

  // All, by port and address.
  [[nodiscard]] virtual std::vector<NeighbourView> Neighbours() const = 0;
  // Forgets the MAC of the neighbour at `address`, on whichever ports, and asks for it at
  // once; until the answer comes, packets to it are dropped. NOT_FOUND: there is none;
  // FAILED_PRECONDITION: its MAC is configured.
  virtual absl::Status Flush(const IpAddress& address) = 0;
  // Tells the hosts at the ports in whose subnets they are that these addresses are here:
  // that VIP, or all VIPs and own addresses. Empty: the VIP is in no port's subnet.
  // NOT_FOUND: it is no VIP.
  virtual absl::StatusOr<std::vector<Announced>> Announce(const std::optional<IpAddress>& vip) = 0;
};

}  // namespace holdfast
