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
#include <optional>
#include <span>
#include <string>
#include <utility>
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

  NeighbourResolver(std::vector<Identity> ports, const Clock& clock, NeighbourTable& table,
                    Send send);

  // Before targets are followed: asks, at the next Tick(), for those at addresses that
  // are nobody's yet, and keeps the answers for the next Follow(). So the first packet
  // to a new target finds its MAC.
  void Meet(const std::vector<config::Target>& targets);
  // How many of them have not answered.
  [[nodiscard]] std::size_t strangers() const;
  // Takes over which targets and VIPs there are; asks for new targets and announces
  // new VIPs at the next Tick(). `targets`: those with a static MAC are not asked for.
  // A target that moves keeps its MAC until its new address answers.
  void Follow(const Snapshot& snapshot, const std::vector<config::Target>& targets);
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

  // Who is about to be a neighbour.
  struct Prospect {
    absl::Duration due;
    std::optional<MacAddress> mac;
  };
  using Place = std::pair<PortIndex, IpAddress>;

  void FollowTarget(std::size_t slot, const TargetView& target);
  [[nodiscard]] bool IsFollowed(std::size_t slot, const TargetView& target) const;
  // What is known of the place of a neighbour that begins.
  [[nodiscard]] std::optional<MacAddress> MacFor(const TargetView& target) const;
  // nullptr when no neighbour is there. With several, one that is known.
  [[nodiscard]] const Neighbour* NeighbourAt(const Place& place) const;
  void Forget(std::size_t slot);
  // Forget(), but for the MAC.
  void StopFollowing(std::size_t slot);
  // A VIP, where it is in a port's subnet: those who look for it ask there.
  void AnnounceVip(const IpAddress& vip);
  void AnnounceOn(PortIndex port, const IpAddress& address);
  void LogChange(Neighbour& neighbour, const MacAddress& mac);
  // False when it could not be sent.
  bool SendRequest(PortIndex port, const IpAddress& address);
  void SendAnnouncement(Announcement& announcement);

  const std::vector<Identity> ports_;
  absl::flat_hash_map<std::string, MacAddress> static_macs_;  // by target name
  const Clock& clock_;
  NeighbourTable& table_;
  const Send send_;
  absl::flat_hash_map<std::size_t, Neighbour> neighbours_;  // by target slot
  absl::flat_hash_map<IpAddress, std::vector<std::size_t>> slots_;
  absl::flat_hash_map<Place, Prospect> prospects_;
  absl::flat_hash_set<IpAddress> announced_vips_;
  std::vector<Announcement> announcements_;
};

}  // namespace holdfast
