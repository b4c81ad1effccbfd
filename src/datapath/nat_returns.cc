// Of nat: what targets send back.
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include <algorithm>

#include "datapath/link_header.h"
#include "datapath/nat.h"
#include "datapath/packet_place.h"
#include "datapath/send_frame.h"

namespace holdfast {

void Nat::SendReturns(Batch& batch, WorkerCounters& counters) {
  if (batch.returns().empty()) return;
  std::array<FlowHash, Batch::kCapacity> hashes;
  const auto flows = std::span(hashes).first(batch.returns().size());
  HashFlows(parts_.hash_key, batch.return_keys(), flows);
  for (std::size_t i = 0; i < flows.size(); ++i) {
    batch.returns()[i].flow = flows[i];
    parts_.table->PrefetchByReply(flows[i]);
  }
  for (const FlowHash& flow : flows) parts_.table->PrefetchSessionByReply(flow);
  for (std::size_t i = 0; i < batch.returns().size(); ++i) SendReturn(batch, i);
  Transmit(batch, counters);
}

void Nat::SendReturn(Batch& batch, std::size_t i) {
  ReturnContext& packet = batch.returns()[i];
  if (packet.owner != parts_.self) {
    if (handover_.Give(packet.owner, packet.mbuf, batch.port().index))
      batch.NoteHandedOver(packet.mbuf);
    else
      batch.Drop(packet.mbuf, DropReason::kHandoverFull);
    return;
  }
  NatSession* const session = SessionOfReturn(packet);
  if (session == nullptr) return batch.Drop(packet.mbuf, DropReason::kNatUnknown);
  packet.service = session->service;
  if (packet.kind != ReturnContext::Kind::kError) NoteReply(*session, packet.segment, batch.turn());
  if (ToClient(batch, packet, *session)) Depart(i, packet, *session);
}

NatSession* Nat::SessionOfReturn(const ReturnContext& packet) {
  if (packet.kind != ReturnContext::Kind::kPacket && packet.kind != ReturnContext::Kind::kError) {
    RecentDatagram& recent = recent_[packet.datagram.bucket % kRecentDatagrams];
    if (packet.kind == ReturnContext::Kind::kLaterFragment)
      return recent.fingerprint == packet.datagram.fingerprint
                 ? parts_.table->FindByReply(recent.reply)
                 : nullptr;
    recent = {packet.datagram.fingerprint, packet.flow};
  }
  return parts_.table->FindByReply(packet.flow);
}

bool Nat::ToClient(Batch& batch, const ReturnContext& packet, const NatSession& session) {
  rte_mbuf* const mbuf = packet.mbuf;
  const WorkerPort& port = parts_.worker_ports[session.client_port];
  if (mbuf->data_len - sizeof(EthernetHeader) > port.mtu) [[unlikely]] {
    batch.Drop(mbuf, DropReason::kOversized);
    return false;
  }
  const PacketPlace place = PlaceOfSegment(mbuf, batch.port().mac);
  if (!SpendHop(place)) {
    batch.Drop(mbuf, DropReason::kHopLimit);
    return false;
  }
  const FlowKey& flow = session.flow;
  const Ends ends{flow.vip, flow.client, flow.vip_port, flow.client_port};
  const auto difference =
      EndsDifference{session.addresses_difference, session.all_difference}.Inverse();
  using enum ReturnContext::Kind;
  if (packet.kind == kError) return ErrorToClient(batch, mbuf, ends, difference);
  if (packet.kind == kLaterFragment) {
    SetAddresses(place, ends, difference);
    return true;
  }
  if (packet.segment.syn) LimitMssOfSyn(place, std::min(port.mtu, batch.port().mtu));
  SetEnds(place, ends, difference);
  return true;
}

// It comes from the VIP, whoever has sent it: routers behind the balancer are no concern of
// clients (RFC 5508, 4.2).
bool Nat::ErrorToClient(Batch& batch, rte_mbuf* mbuf, const Ends& reply,
                        EndsDifference difference) {
  const ParsedPacket parsed = ParseFrame(FrameOf(mbuf), batch.port().mac, true);
  const auto error = ParseIcmpError(FrameOf(mbuf), parsed);
  if (!error) {
    batch.Drop(mbuf, DropReason::kIcmp);
    return false;
  }
  SetEndsOfError(PlaceOfParsed(mbuf, parsed), parsed.l3_length, *error, reply.Back(), difference,
                 reply.source, reply.destination);
  return true;
}

// A connection that the target has reset is over, though its client says no more.
void Nat::NoteReply(NatSession& session, SegmentFlags segment, const Turn& turn) {
  if (session.last_used == turn.now && !segment.rst) return;
  session.last_used = turn.now;
  const auto entry = parts_.connections.Find(session.hash, turn.now,
                                             turn.snapshot->timeouts().Of(session.service));
  if (!entry || entry->expired) return;
  parts_.connections.Update(*entry, segment.rst ? NextPhase(entry->phase, segment) : entry->phase,
                            turn.now);
}

void Nat::Depart(std::size_t i, const ReturnContext& packet, const NatSession& session) {
  const WorkerPort& port = parts_.worker_ports[session.client_port];
  PutLinkHeader(packet.mbuf, session.client_mac, port);
  departures_[Index(session.client_port)].Add(packet.mbuf, i);
}

void Nat::Transmit(Batch& batch, WorkerCounters& counters) {
  for (const WorkerPort& port : parts_.worker_ports.all()) {
    Departures& departures = departures_[Index(port.index)];
    if (departures.empty()) continue;
    const auto mbufs = departures.mbufs();
    const std::size_t sent = SendBurst(port, mbufs);
    batch.CountSent(sent);
    for (std::size_t i = 0; i < sent; ++i) {
      const ReturnContext& packet = batch.returns()[departures.numbers()[i]];
      ServiceCounters& service = counters.services[Index(packet.service)];
      service.returned_packets.Add(1);
      service.returned_bytes.Add(packet.length);
    }
    for (std::size_t i = sent; i < mbufs.size(); ++i) batch.Drop(mbufs[i], DropReason::kTxFull);
    departures.Clear();
  }
}

}  // namespace holdfast
