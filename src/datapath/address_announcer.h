// AddressAnnouncer: tells the network that VIPs and own addresses are here, by gratuitous
// ARP and unsolicited neighbour advertisements: when the balancer starts, when a VIP is
// added, and when it is asked to.
//
// Thread: the management loop.
#pragma once

#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "base/clock.h"
#include "datapath/neighbour_frames.h"
#include "stats/neighbour_counters.h"
#include "tables/neighbourhood.h"
#include "tables/snapshot.h"

namespace holdfast {

class AddressAnnouncer {
 public:
  // Begins with the own addresses. `ports`, `clock` and `counters` outlive it.
  AddressAnnouncer(const std::vector<PortIdentity>& ports, const Clock& clock,
                   NeighbourCounters& counters);

  // Takes over which VIPs there are; announces those that are new.
  void Follow(const Snapshot& snapshot);
  // As Neighbourhood::Announce(); VIPs are those of the last Follow().
  absl::StatusOr<std::vector<Announced>> Announce(const std::optional<IpAddress>& vip);
  // All that is to be announced on this port.
  void AnnouncePort(PortIndex port);
  // Sends what is due, each twice, 2 s apart.
  void Tick(const SendFrame& send);

 private:
  struct Announcement {
    absl::Duration due;
    int left = 0;
  };
  using Place = std::pair<PortIndex, IpAddress>;

  // A VIP, where it is in a port's subnet: those who look for it ask there.
  void AnnounceVip(const IpAddress& vip, std::vector<Announced>& announced);
  void AnnounceOn(PortIndex port, const IpAddress& address);

  const std::vector<PortIdentity>& ports_;
  const Clock& clock_;
  NeighbourCounters& counters_;
  absl::flat_hash_set<IpAddress> vips_;
  absl::flat_hash_map<Place, Announcement> announcements_;
};

}  // namespace holdfast
