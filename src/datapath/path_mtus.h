// PathMtus: what routers on the way to targets say of the packets that are too long for them.
//
// A router's word is believed if it quotes a packet that we sent to a target's address; for ten
// minutes (RFC 1191, 6.3; RFC 8201, 4), and no further down than kLeast: it may be forged.
//
// Thread: the management loop.
#pragma once

#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "base/clock.h"
#include "datapath/message_ring.h"
#include "tables/path_mtu_table.h"
#include "tables/snapshot.h"

namespace holdfast {

// What a worker tells the management core: a packet to this address was too long.
struct PathMtuEvent {
  IpAddress target;
  std::uint32_t mtu = 0;  // that it may have; 0: the router did not say
};
static_assert(sizeof(PathMtuEvent) == 20);
using PathMtuEventRing = MessageRing<PathMtuEvent>;

class PathMtus {
 public:
  // So that an IPv6 packet of 1280 bytes, which must reach everywhere, fits inside IPv6 and UDP.
  static constexpr std::uint16_t kLeastIpv6 = 1328;
  static constexpr std::uint16_t kLeastIpv4 = 576;
  static constexpr absl::Duration kLifetime = absl::Minutes(10);

  // `clock` and `table` outlive it.
  PathMtus(const Clock& clock, PathMtuTable& table) : clock_(clock), table_(table) {}

  void Learn(const PathMtuEvent& event);
  // Takes over which targets there are: a limit is of an address, whoever has it.
  void Follow(const Snapshot& snapshot);
  // Forgets what is old; several times a second.
  void Tick();
  // How many addresses have a limit.
  [[nodiscard]] std::size_t size() const { return limits_.size(); }

 private:
  struct Limit {
    std::uint16_t mtu = 0;
    absl::Duration until;
  };

  void Write(const IpAddress& address, std::uint16_t mtu);

  const Clock& clock_;
  PathMtuTable& table_;
  absl::flat_hash_map<IpAddress, std::size_t> slots_;  // of targets; an address is one target's
  absl::flat_hash_map<IpAddress, Limit> limits_;       // of targets' addresses only
};

}  // namespace holdfast
