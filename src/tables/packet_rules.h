// The rules of P for one packet, where no table has to be asked: what the workers' stages
// and the management thread's explanations have in common.
//
// Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "balancing/maglev_ring.h"
#include "balancing/ring_hash.h"
#include "base/ipv4_tuple.h"
#include "base/own_address.h"
#include "base/segment_flags.h"
#include "stats/worker_counters.h"
#include "tables/client_slot.h"
#include "tables/connection_phase.h"
#include "tables/connection_table.h"
#include "tables/snapshot.h"

namespace holdfast {

// What no connection has is dropped when its sender can be nobody; a VIP is ours.
inline bool IsFromNobody(const Ipv4Tuple& flow, const Snapshot& snapshot) {
  return IsMartianSource(__builtin_bswap32(flow.client), __builtin_bswap32(flow.vip)) ||
         snapshot.IsVip(flow.client);
}
inline bool IsFromNobody(const FlowKey& flow, const Snapshot& snapshot) {
  return IsMartianSource(flow.client, flow.vip) || snapshot.IsVip(flow.client);
}

// What is given up for `reason` is the kernel's, where the port has a kernel interface: all
// that is well formed, and neither a VIP's nor another host's; a VIP's without a service, if
// the operator says so. `to_vip`: it is IP for a VIP;
// `to_group`: to the broadcast or a multicast MAC.
constexpr bool IsKernels(DropReason reason, bool to_vip, bool to_group,
                         NoServicePolicy no_service) {
  switch (reason) {
    case DropReason::kNotOurMac:
      return to_group;
    case DropReason::kEtherType:
    case DropReason::kNotOurAddress:
    case DropReason::kFragment:
    case DropReason::kProtocol:
      return !to_vip;
    case DropReason::kNoService:
      return !to_vip || no_service == NoServicePolicy::kKernel;
    default:
      return false;
  }
}

constexpr bool IsConnectionRequest(SegmentFlags segment, Protocol protocol) {
  return !segment.passive && (protocol == Protocol::kUdp || segment.OpensConnection());
}

// P1: whether this packet, on this entry of its five-tuple, is a new connection's
// first and not one of the connection that the entry remembers. A UDP flow does not stay
// with a target that is down.
inline bool BeginsAnew(SegmentFlags segment, Protocol protocol, const ConnectionTable::Entry& entry,
                       const ServiceView& service) {
  if (protocol == Protocol::kUdp) return entry.expired || service.balancing.IsDown(entry.target);
  return segment.OpensConnection() && (entry.expired || SynStartsAnew(entry.phase));
}

// P7: a packet of a connection whose target is gone is refused, but for a client that
// tries anew.
constexpr bool IsRefusedWithItsTarget(SegmentFlags segment) { return !segment.OpensConnection(); }

// P2: what the owner of an affinity says to a packet of its client that nobody knows.
enum class OwnerAnswer : std::uint8_t {
  kTakes,
  kPassedOver,  // as if the affinity were not there
  kRefuses,     // nobody may have it (P6)
};
// `owner` is nullptr when it is gone. What is no request belongs to a connection that a
// draining target keeps.
inline OwnerAnswer AnswerOfOwner(const TargetView* owner, const ServiceView& service,
                                 bool is_request) {
  if (owner == nullptr || service.balancing.IsDown(owner->handle)) return OwnerAnswer::kPassedOver;
  if (owner->state != TargetState::kDraining || !is_request ||
      service.balancing.on_drain == OnDrain::kHonor)
    return OwnerAnswer::kTakes;
  return service.balancing.on_drain == OnDrain::kBreak ? OwnerAnswer::kPassedOver
                                                       : OwnerAnswer::kRefuses;
}

// P3: the same of a target that the client has connections to, which may have left the service's
// set meanwhile.
inline OwnerAnswer AnswerOfAutomatic(TargetHandle target, const ServiceView& service,
                                     const Snapshot& snapshot, bool is_request) {
  if (!service.automatic.Has(target)) return OwnerAnswer::kPassedOver;
  return AnswerOfOwner(snapshot.Find(target), service, is_request);
}

// P3: who is followed, or refuses, of a client's `pairs`, the newest first; nullptr when nobody
// is. passed_over(pair) for each before it that is passed over.
struct AutomaticAnswer {
  const ClientPair* pair = nullptr;
  bool refuses = false;
};
template <typename PassedOver>
AutomaticAnswer FollowClient(std::span<const ClientPair> pairs, const ServiceView& service,
                             const Snapshot& snapshot, bool is_request, PassedOver passed_over) {
  for (const ClientPair& pair : pairs) {
    const OwnerAnswer answer = AnswerOfAutomatic(pair.target, service, snapshot, is_request);
    if (answer != OwnerAnswer::kPassedOver) return {&pair, answer == OwnerAnswer::kRefuses};
    passed_over(pair);
  }
  return {};
}

// T4: the port by which automatic affinity, as any, knows a flow's client.
constexpr std::uint16_t ClientPortOf(const FlowKey& flow) {
  return HasPorts(flow.protocol) ? flow.client_port : std::uint16_t{0};
}

// P4 and P5: where the ring has the flow's target; nullptr when it has none.
// `Flow` is Ipv4Tuple or FlowKey.
template <typename Flow>
const std::uint16_t* PlaceOnRing(const MaglevRing& ring, RingHasher hasher, const Flow& flow) {
  return ring.empty() ? nullptr : ring.Find(hasher.Of(flow));
}
constexpr Step StepOfRing(bool is_request) { return is_request ? Step::kBalanced : Step::kRing; }

// P5: in which phase an entry for a packet that is no request begins; none when it makes no
// entry, as FIN, RST and passive packets. `original`: the phase of the entry that it is a copy of,
// or nullptr.
inline std::optional<ConnectionPhase> PhaseOfUnknown(SegmentFlags segment,
                                                     const ConnectionPhase* original) {
  if (segment.rst || segment.fin || segment.passive) return std::nullopt;
  return original == nullptr ? ConnectionPhase::kAdopted : NextPhase(*original, segment);
}

// Whether `table` takes one more half-open connection of the service; one that it does not
// take goes on as where a table is full (P8).
inline bool HasRoomForHalfOpen(const ConnectionTable& table, const Snapshot& snapshot,
                               ServiceSlot service) {
  const std::uint32_t limit = snapshot.service(service).max_half_open;
  return limit == 0 || table.half_open(service) < limit;
}

// P6: what a refused packet is answered with, if the rate allows; none: nothing.
// `from_broadcast`: its source is the broadcast address of the port that it came by.
constexpr std::optional<Reply> AnswerToRefused(NoTargetPolicy policy, Protocol protocol,
                                               SegmentFlags segment, bool from_broadcast) {
  if (policy == NoTargetPolicy::kDrop || from_broadcast || segment.passive) return std::nullopt;
  if (protocol == Protocol::kUdp) return Reply::kPortUnreachable;
  return segment.rst ? std::nullopt : std::optional(Reply::kTcpReset);
}

// A packet for an address and port where no service is. `is_ours`: the address is a VIP or
// our own.
constexpr DropReason WhyNoService(bool is_ours) {
  return is_ours ? DropReason::kNoService : DropReason::kNotOurAddress;
}

// What becomes of a packet for an address, protocol and port where no service is.
struct Stray {
  DropReason reason{};
  std::optional<Reply> reply;  // what it is answered with, if the rate allows
};
// is_own(address): it is our own. is_broadcast(address): as from_broadcast of AnswerToRefused().
template <typename IsOwn, typename IsBroadcast>
Stray JudgeStray(const FlowKey& flow, SegmentFlags segment, const Snapshot& snapshot, IsOwn is_own,
                 IsBroadcast is_broadcast) {
  if (!snapshot.IsVip(flow.vip)) return {WhyNoService(is_own(flow.vip)), std::nullopt};
  if (snapshot.no_service() != NoServicePolicy::kReject)
    return {DropReason::kNoService, std::nullopt};
  if (IsFromNobody(flow, snapshot)) return {DropReason::kMartianSource, std::nullopt};
  return {DropReason::kNoService, AnswerToRefused(NoTargetPolicy::kReject, flow.protocol, segment,
                                                  is_broadcast(flow.client))};
}

}  // namespace holdfast
