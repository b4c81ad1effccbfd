// What AnswerLocally() asks of packets that are for the balancer itself, and a question
// with a file of its own.
#pragma once

#include "datapath/stages.h"

namespace holdfast {

// What is needed to answer, in one place.
struct Local {
  Batch& batch;
  const WorkerPorts& ports;
  NeighbourEventRing& events;
  PathMtuEventRing& path_mtu_events;
  WorkerCounters& counters;

  [[nodiscard]] bool IsVip(const IpAddress& address) const {
    return batch.turn().snapshot->IsVip(address);
  }
  // One of ours, on whichever port.
  [[nodiscard]] bool Has(const IpAddress& address) const {
    return IsVip(address) || ports.Own(address);
  }
  // One that is answered for on this port. An address of a VIP that is a prefix may be
  // anywhere: routers know the way to it.
  [[nodiscard]] bool AnswersFor(const IpAddress& address) const {
    const WorkerPort& port = batch.port();
    return port.Owns(address) || batch.turn().snapshot->service_map().IsVipOfItsOwn(address) ||
           (IsVip(address) && port.Reaches(address));
  }
  // `event` came by this batch's port.
  void TellManagement(NeighbourEvent event) {
    event.port = batch.port().index;
    if (!events.Push(event)) counters.neighbour_events_lost.Add(1);
  }
  // A stranger says that it has one of our addresses: it is not believed. What another
  // port of ours says is no lie; it is counted as `of_others`.
  void RefuseClaim(rte_mbuf* mbuf, const IpAddress& address, const MacAddress& mac,
                   LocalPacket of_others) {
    if (ports.Have(mac)) return batch.Consume(mbuf, of_others);
    TellManagement({.address = address, .mac = mac, .kind = NeighbourEvent::Kind::kClaimsOurs});
    batch.Drop(mbuf, DropReason::kAddressConflict);
  }
};

// A neighbour solicitation or advertisement (wire/neighbour_discovery.h).
void AnswerNeighbourMessage(Local& local, rte_mbuf* mbuf, const ParsedPacket& packet);

}  // namespace holdfast
