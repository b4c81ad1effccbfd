// NeighbourResolver: learns the MAC addresses of targets by ARP, and tells the
// network that VIPs and own addresses are here.
//
// A target that is not resolved is asked for every second; one that is, from time
// to time, so that a change is noticed. A neighbour that stops answering keeps its
// last address: whether it lives is not ARP's question.
//
// Thread: the management loop.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "base/clock.h"
#include "config/balancer_config.h"
#include "datapath/neighbour_event.h"
#include "tables/neighbour_table.h"
#include "tables/snapshot.h"

namespace holdfast {

class NeighbourResolver {
 public:
  // A port as its neighbours see it.
  struct Identity {
    MacAddress mac;
    std::vector<IpPrefix> addresses;
  };
  // Sends a frame by a port; it may be lost on the way. False when it could not even
  // be sent: then the next Tick() tries again.
  using Send = std::function<bool(PortIndex, std::span<const std::uint8_t>)>;

  static constexpr absl::Duration kRetry = absl::Seconds(1);
  static constexpr absl::Duration kRefresh = absl::Seconds(20);

  // `targets`: those with a static MAC are not asked for.
  NeighbourResolver(std::vector<Identity> ports, const std::vector<config::Target>& targets,
                    const Clock& clock, NeighbourTable& table, Send send);

  // Takes over which targets and VIPs there are; asks for new targets and announces
  // new VIPs at the next Tick().
  void Follow(const Snapshot& snapshot);
  // What a worker heard.
  void Learn(const NeighbourEvent& event);
  // Sends what is due; several times a second.
  void Tick();

 private:
  struct Neighbour {
    TargetHandle handle;
    PortIndex port{};
    IpAddress address;
    absl::Duration due;          // next request
    absl::Duration quiet_until;  // a change before is not logged: hosts may quarrel
    bool is_static = false;
    bool known = false;
  };
  struct Announcement {
    PortIndex port{};
    IpAddress address;
    absl::Duration due;
    int left = 0;
  };

  void FollowTarget(std::size_t slot, const TargetView& target);
  void Forget(std::size_t slot);
  // A VIP, where it is in a port's subnet: those who look for it ask there.
  void AnnounceVip(const IpAddress& vip);
  void AnnounceOn(PortIndex port, const IpAddress& address);
  void LogChange(Neighbour& neighbour, const MacAddress& mac);
  void SendRequest(Neighbour& neighbour);
  void SendAnnouncement(Announcement& announcement);

  const std::vector<Identity> ports_;
  absl::flat_hash_map<std::string, MacAddress> static_macs_;  // by target name
  const Clock& clock_;
  NeighbourTable& table_;
  const Send send_;
  absl::flat_hash_map<std::size_t, Neighbour> neighbours_;  // by target slot
  absl::flat_hash_map<IpAddress, std::vector<std::size_t>> slots_;
  absl::flat_hash_set<IpAddress> announced_vips_;
  std::vector<Announcement> announcements_;
};

}  // namespace holdfast
