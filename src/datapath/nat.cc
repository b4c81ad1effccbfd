#include "datapath/nat.h"

#include <rte_mbuf.h>

#include <algorithm>

#include "base/own_address.h"
#include "datapath/packet_place.h"

namespace holdfast {

bool Nat::TakesReplies(const Ipv4Tuple& flow) const {
  const auto port = __builtin_bswap16(flow.vip_port);
  return parts_.ports.Have(port) &&
         parts_.worker_ports.Own(IpAddress::FromV4(__builtin_bswap32(flow.vip)));
}

namespace {

template <typename Ask>
void ForEachFlowByNat(const Batch& batch, Ask ask) {
  for (std::size_t i = 0; i < batch.flow_count(); ++i)
    if (batch.destination(i).forwarding() == ForwardingMode::kNat) ask(batch.hash(i));
}

}  // namespace

void Nat::AskForIndex(const Batch& batch) const {
  if (!enabled()) return;
  ForEachFlowByNat(batch, [this](const FlowHash& hash) { parts_.table->PrefetchByFlow(hash); });
}

void Nat::AskForSessions(const Batch& batch) const {
  if (!enabled()) return;
  ForEachFlowByNat(batch,
                   [this](const FlowHash& hash) { parts_.table->PrefetchSessionByFlow(hash); });
}

bool Nat::ToTarget(Batch& batch, std::size_t i, const TargetLine& line) {
  rte_mbuf* const mbuf = batch.mbuf(i);
  const TargetView& target = *batch.turn().snapshot->Find(PathOf(line).handle());
  if (batch.segment(i).passive) [[unlikely]]
    return PassiveToTarget(batch, i, target);
  NatSession* const session = SessionOf(batch, i, target);
  if (session == nullptr) return false;
  const PacketPlace place = PlaceOfSegment(mbuf, batch.port().mac);
  if (!SpendHop(place)) {
    batch.Drop(mbuf, DropReason::kHopLimit);
    return false;
  }
  session->last_used = batch.turn().now;
  session->client_mac = Load<EthernetHeader>(BytesOf(mbuf)).source;
  session->client_port = batch.port().index;
  if (batch.segment(i).syn)
    LimitMssOfSyn(place, std::min(batch.port().mtu, parts_.worker_ports[target.port].mtu));
  SetEnds(place, {session->own, session->target, session->own_port, session->target_port},
          {session->addresses_difference, session->all_difference});
  return true;
}

// When the connection was decided anew, its session is another target's.
NatSession* Nat::SessionOf(Batch& batch, std::size_t i, const TargetView& target) {
  NatSession* const session = parts_.table->FindByFlow(batch.hash(i));
  if (session != nullptr && session->handle == target.handle) [[likely]]
    return session;
  if (session != nullptr) parts_.table->Erase(*session);
  return Begin(batch, i, target);
}

NatSession* Nat::Begin(Batch& batch, std::size_t i, const TargetView& target) {
  if (batch.segment(i).rst || batch.segment(i).fin) {
    batch.Drop(batch.mbuf(i), DropReason::kNatUnknown);
    return nullptr;
  }
  const Turn& turn = batch.turn();
  const FlowKey flow = batch.key(i);
  const ServiceSlot service = batch.destination(i).service();
  const std::uint16_t port = turn.snapshot->service(service).target_port;
  NatSession* const session =
      parts_.table->Insert({.hash = batch.hash(i),
                            .flow = flow,
                            .target = target.address,
                            .target_port = port == 0 ? flow.vip_port : port,
                            .own = OwnAddressFor(target),
                            .handle = target.handle,
                            .service = service,
                            .now = turn.now},
                           [&](const NatSession& other) { return MayGiveWay(other, turn); });
  if (session == nullptr) {
    batch.Drop(batch.mbuf(i), DropReason::kNatFull);
    return nullptr;
  }
  const auto difference = EndsDifference::Between(
      {flow.client, flow.vip, flow.client_port, flow.vip_port},
      {session->own, session->target, session->own_port, session->target_port});
  session->addresses_difference = difference.addresses;
  session->all_difference = difference.all;
  return session;
}

const IpAddress& Nat::OwnAddressFor(const TargetView& target) const {
  return holdfast::OwnAddressFor(parts_.worker_ports[target.port].addresses, target.NextHop());
}

bool Nat::PassiveToTarget(Batch& batch, std::size_t i, const TargetView& target) {
  rte_mbuf* const mbuf = batch.mbuf(i);
  const ParsedPacket parsed = ParseFrame(FrameOf(mbuf), batch.port().mac, true);
  const PacketPlace place = PlaceOfParsed(mbuf, parsed);
  if (!SpendHop(place)) {
    batch.Drop(mbuf, DropReason::kHopLimit);
    return false;
  }
  if (parsed.kind != PacketKind::kLaterFragment) return ErrorToTarget(batch, i, parsed);
  const Ends ends{OwnAddressFor(target), target.address};
  SetAddresses(place, ends, EndsDifference::Between({parsed.key.client, parsed.key.vip}, ends));
  return true;
}

bool Nat::ErrorToTarget(Batch& batch, std::size_t i, const ParsedPacket& parsed) {
  rte_mbuf* const mbuf = batch.mbuf(i);
  const NatSession* const session = parts_.table->FindByFlow(batch.hash(i));
  const auto error = ParseIcmpError(FrameOf(mbuf), parsed);
  if (session == nullptr || !error) {
    batch.Drop(mbuf, DropReason::kNatUnknown);
    return false;
  }
  const Ends reply{session->target, session->own, session->target_port, session->own_port};
  // The quoted packet went to the client.
  const EndsDifference difference{session->addresses_difference, session->all_difference};
  SetEndsOfError(PlaceOfParsed(mbuf, parsed), parsed.l3_length, *error, reply, difference,
                 parsed.key.client, session->target);
  return true;
}

bool Nat::IsOver(const NatSession& session, const Turn& turn) const {
  if (turn.now.SecondsSince(session.last_used) < kLinger) return false;
  const auto entry = parts_.connections.Find(session.hash, turn.now,
                                             turn.snapshot->timeouts().Of(session.service));
  return !entry || entry->expired;
}

// P8: unfinished ones first.
bool Nat::MayGiveWay(const NatSession& session, const Turn& turn) const {
  const auto entry = parts_.connections.Find(session.hash, turn.now,
                                             turn.snapshot->timeouts().Of(session.service));
  return !entry || entry->expired || entry->phase == ConnectionPhase::kOpening ||
         entry->phase == ConnectionPhase::kClosed;
}

void Nat::Sweep(const Turn& turn, WorkerCounters& counters) {
  if (!enabled() || turn.cycles < next_sweep_) return;
  next_sweep_ = turn.cycles + parts_.cycles_per_second / kSweepsPerSecond;
  parts_.table->Sweep(kSweptAtOnce,
                      [&](const NatSession& session) { return IsOver(session, turn); });
  counters.nat_sessions.Set(parts_.table->size());
}

}  // namespace holdfast
