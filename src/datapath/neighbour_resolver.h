// NeighbourResolver: learns the MAC addresses of next hops, by ARP and neighbour
// discovery, and tells the network that VIPs and own addresses are here.
//
// A next hop is a target, or the router before targets: those that are reached by the
// same neighbour share what is known of it. One that is not resolved is asked for every
// second; one that is, from time to time, so that a change is noticed. A neighbour that
// stops answering keeps its last MAC: whether it lives is not ARP's question.
//
// Only what the configuration names is asked for and remembered, whatever others say.
//
// Thread: the management loop.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/clock.h"
#include "config/balancer_config.h"
#include "datapath/address_announcer.h"
#include "datapath/neighbour_event.h"
#include "datapath/neighbour_frames.h"
#include "stats/neighbour_counters.h"
#include "tables/neighbour_table.h"
#include "tables/neighbourhood.h"
#include "tables/snapshot.h"

namespace holdfast {

class NeighbourResolver final : public Neighbourhood {
 public:
  static constexpr absl::Duration kRetry = absl::Seconds(1);
  static constexpr absl::Duration kRefresh = absl::Seconds(20);
  // So many questions without an answer: failed (RFC 4861, 10: MAX_MULTICAST_SOLICIT).
  static constexpr int kPatience = 3;

  NeighbourResolver(std::vector<PortIdentity> ports, const Clock& clock, NeighbourTable& table,
                    NeighbourCounters& counters, SendFrame send);

  // Before targets are followed: asks, at the next Tick(), for the next hops that are not
  // known yet, and keeps the answers for the next Follow(). So the first packet to a new
  // target finds its MAC.
  void Meet(const config::BalancerConfig& config);
  // How many of them have not answered.
  [[nodiscard]] std::size_t strangers() const;
  // Takes over which targets, routers, static MACs and VIPs there are; asks for new next
  // hops and announces new VIPs at the next Tick(). A target that moves keeps its MAC until
  // its new next hop answers.
  void Follow(const Snapshot& snapshot, const config::BalancerConfig& config);
  // What a worker heard.
  void Learn(const NeighbourEvent& event);
  // Sends what is due; several times a second.
  void Tick();
  // The port's link has come up: who is at it now knows nothing of us.
  void AnnouncePort(PortIndex port) { announcer_.AnnouncePort(port); }

  // As of Neighbourhood.
  [[nodiscard]] std::vector<NeighbourView> Neighbours() const override;
  absl::Status Flush(const IpAddress& address) override;
  absl::StatusOr<std::vector<Announced>> Announce(const std::optional<IpAddress>& vip) override {
    return announcer_.Announce(vip);
  }

 private:
  using Place = std::pair<PortIndex, IpAddress>;
  struct Neighbour {
    absl::Duration since;        // heard; or, without a MAC, asked for first
    absl::Duration due;          // next question
    absl::Duration quiet_until;  // a change before is not logged: hosts may quarrel
    std::optional<MacAddress> mac;
    int unanswered = 0;  // questions since it was heard
    bool is_static = false;
    bool is_stranger = false;        // of the last Meet()
    bool is_named = false;           // by the configuration; while it is taken over
    std::vector<std::size_t> slots;  // of targets that are reached by it
    [[nodiscard]] NeighbourState state() const;
  };
  // What the table has for a slot.
  struct Followed {
    TargetHandle handle;
    Place place;
  };

  // The neighbour at this place, which begins now if it is not there.
  Neighbour& Name(const Place& place);
  void NameTargets(const Snapshot& snapshot);
  void NameRouters(const config::BalancerConfig& config);
  void SetStaticMacs(const config::BalancerConfig& config);
  void DropUnnamed();
  // Puts what is known of the targets' next hops into the table.
  void FillTable(const Snapshot& snapshot);
  void FillSlot(const TargetView& target);

  // False when `event` is not to be believed.
  bool IsBelieved(const NeighbourEvent& event, Neighbour& neighbour);
  void NoteClaim(const NeighbourEvent& event);
  void LogHeard(const NeighbourEvent& event, Neighbour& neighbour);
  void Ask(const Place& place, Neighbour& neighbour);
  void CountStates();

  const std::vector<PortIdentity> ports_;
  const Clock& clock_;
  NeighbourTable& table_;
  NeighbourCounters& counters_;
  const SendFrame send_;
  AddressAnnouncer announcer_;
  absl::Duration claims_quiet_until_;
  absl::flat_hash_map<Place, Neighbour> neighbours_;
  absl::flat_hash_map<std::size_t, Followed> followed_;  // by target slot
};

}  // namespace holdfast
