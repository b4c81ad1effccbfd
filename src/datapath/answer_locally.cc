#include "datapath/stages.h"
#include "wire/arp.h"
#include "wire/icmp.h"
#include "wire/icmp_error.h"
#include "wire/tunnel_header.h"

namespace holdfast {
namespace {

// What a stage needs to answer, in one place.
struct Local {
  Batch& batch;
  const WorkerPorts& ports;
  NeighbourEventRing& events;
  PathMtuEventRing& path_mtu_events;
  WorkerCounters& counters;

  [[nodiscard]] bool IsVip(const IpAddress& address) const {
    return batch.turn().snapshot->IsVip(address);
  }
  // An address of a VIP that is a prefix may be anywhere: routers know the way to it.
  [[nodiscard]] bool AnswersArpFor(const IpAddress& address) const {
    const WorkerPort& port = batch.port();
    return port.Owns(address) || batch.turn().snapshot->service_map().IsVipOfItsOwn(address) ||
           (IsVip(address) && port.Reaches(address));
  }
  [[nodiscard]] bool Has(const IpAddress& address) const {
    return IsVip(address) || ports.Own(address);
  }
};

// As ours are: IP in IP, or UDP from a port that GUE's are.
bool IsTunnel(const QuotedPacket& quoted) {
  return quoted.protocol == kProtocolIpv4 || quoted.protocol == kProtocolIpv6 ||
         (quoted.protocol == kProtocolUdp && quoted.source_port >= kFirstGueSourcePort);
}

// A host that says who has its own address: RFC 5227's announcement.
bool IsAnnouncement(const ArpMessage& message) { return message.sender_ip == message.target_ip; }

void TellManagement(Local& local, const ArpMessage& message) {
  if (message.sender_ip == IpAddress::FromV4(0)) return;  // a probe claims nothing
  const NeighbourEvent event{
      .address = message.sender_ip, .mac = message.sender_mac, .port = local.batch.port().index};
  if (!local.events.Push(event)) local.counters.neighbour_events_lost.Add(1);
}

void AnswerArp(Local& local, rte_mbuf* mbuf) {
  Batch& batch = local.batch;
  const auto message = ParseArp(FrameOf(mbuf));
  if (!message) return batch.Drop(mbuf, DropReason::kArp);
  const bool request = message->operation == ArpOperation::kRequest;
  const bool for_us = local.AnswersArpFor(message->target_ip);
  if (!for_us && !IsAnnouncement(*message)) return batch.Consume(mbuf, LocalPacket::kArpOfOthers);
  // A stranger that claims one of our addresses is not believed.
  if (!local.Has(message->sender_ip)) TellManagement(local, *message);
  const LocalPacket kind = request ? LocalPacket::kArpRequest : LocalPacket::kArpReply;
  if (!request || !for_us || IsAnnouncement(*message)) {
    if (batch.port().shares_with_kernel() && !local.Has(message->sender_ip))
      return batch.AddForKernel(mbuf);  // it has a table of neighbours, too
    return batch.Consume(mbuf, kind);
  }
  batch.Count(kind);
  TurnIntoArpReply(BytesOf(mbuf), batch.port().mac);
  batch.Reply(mbuf, Reply::kArpReply);
}

// An error about a packet that we put another one in (RFC 2003, 5; RFC 2473, 8). What is asked
// for too often is lost: routers say it again.
bool TakeTunnelError(Local& local, rte_mbuf* mbuf, const ParsedPacket& packet) {
  if (!local.ports.Own(packet.key.vip)) return false;
  const auto quoted = ParseIcmpError(FrameOf(mbuf), packet);
  if (!quoted || !IsTunnel(*quoted)) return false;
  if (quoted->source != packet.key.vip) {
    local.batch.Drop(mbuf, DropReason::kIcmpForged);
    return true;
  }
  if (quoted->is_too_big) local.path_mtu_events.Push({quoted->destination, quoted->mtu});
  local.batch.Consume(mbuf, LocalPacket::kTunnelError);
  return true;
}

void AnswerIcmp(Local& local, rte_mbuf* mbuf, const ParsedPacket& packet) {
  Batch& batch = local.batch;
  if (batch.port().shares_with_kernel() && !local.IsVip(packet.key.vip))
    return batch.AddForKernel(mbuf);
  if (!local.Has(packet.key.vip)) return batch.Drop(mbuf, DropReason::kNotOurAddress);
  if (TakeTunnelError(local, mbuf, packet)) return;
  if (local.Has(packet.key.client) || batch.port().IsBroadcast(packet.key.client))
    return batch.Drop(mbuf, DropReason::kMartianSource);
  if (!IsValidEchoRequest(FrameOf(mbuf), packet)) return batch.Drop(mbuf, DropReason::kIcmp);
  batch.Count(LocalPacket::kEchoRequest);
  TurnIntoEchoReply(BytesOf(mbuf), packet, batch.port().mac);
  batch.Reply(mbuf, Reply::kEchoReply);
}

}  // namespace

void AnswerLocally(Batch& batch, const WorkerPorts& ports, NeighbourEventRing& events,
                   PathMtuEventRing& path_mtu_events, WorkerCounters& counters) {
  Local local{batch, ports, events, path_mtu_events, counters};
  for (const LocalContext& packet : batch.locals()) {
    if (packet.parsed.kind == PacketKind::kArp)
      AnswerArp(local, packet.mbuf);
    else
      AnswerIcmp(local, packet.mbuf, packet.parsed);
  }
}

}  // namespace holdfast
