#include "datapath/local_packets.h"
#include "wire/arp.h"
#include "wire/icmp.h"
#include "wire/icmp_error.h"
#include "wire/neighbour_discovery.h"
#include "wire/tunnel_header.h"

namespace holdfast {
namespace {

// As ours are: IP in IP, or UDP from a port that GUE's are.
bool IsTunnel(const QuotedPacket& quoted) {
  return quoted.protocol == kProtocolIpv4 || quoted.protocol == kProtocolIpv6 ||
         (quoted.protocol == kProtocolUdp && quoted.source_port >= kFirstGueSourcePort);
}

// A host that says who has its own address: RFC 5227's announcement.
bool IsAnnouncement(const ArpMessage& message) { return message.sender_ip == message.target_ip; }

void AnswerArp(Local& local, rte_mbuf* mbuf) {
  Batch& batch = local.batch;
  const auto message = ParseArp(FrameOf(mbuf));
  if (!message) return batch.Drop(mbuf, DropReason::kArp);
  if (local.Has(message->sender_ip))
    return local.RefuseClaim(mbuf, message->sender_ip, message->sender_mac,
                             LocalPacket::kArpOfOthers);
  const bool request = message->operation == ArpOperation::kRequest;
  const bool for_us = local.AnswersFor(message->target_ip);
  if (!for_us && !IsAnnouncement(*message)) return batch.Consume(mbuf, LocalPacket::kArpOfOthers);
  if (message->sender_ip != IpAddress::FromV4(0))  // a probe claims nothing
    local.TellManagement({.address = message->sender_ip, .mac = message->sender_mac});
  const LocalPacket kind = request ? LocalPacket::kArpRequest : LocalPacket::kArpReply;
  if (!request || !for_us) {
    if (batch.port().shares_with_kernel())
      return batch.AddForKernel(mbuf);  // it has a table of neighbours, too
    return batch.Consume(mbuf, kind);
  }
  batch.Count(kind, mbuf);
  TurnIntoArpReply(BytesOf(mbuf), batch.port().mac);
  batch.Reply(mbuf, Reply::kArpReply);
}

// An error about a packet that we put another one in (RFC 2003, 5; RFC 2473, 8), or that is said
// to be.
std::optional<QuotedPacket> ParseTunnelError(const Local& local, rte_mbuf* mbuf,
                                             const ParsedPacket& packet) {
  if (!local.ports.Own(packet.key.vip)) return std::nullopt;
  const auto quoted = ParseIcmpError(FrameOf(mbuf), packet);
  return quoted && IsTunnel(*quoted) ? quoted : std::nullopt;
}

// What comes too often is lost: routers say it again.
void HearTunnelError(Local& local, const QuotedPacket& quoted, const IpAddress& to) {
  if (quoted.is_too_big && quoted.source == to)
    local.path_mtu_events.Push({quoted.destination, quoted.mtu});
}

void EndTunnelError(Batch& batch, rte_mbuf* mbuf, const QuotedPacket& quoted, const IpAddress& to) {
  if (quoted.source != to) return batch.Drop(mbuf, DropReason::kIcmpForged);
  batch.Consume(mbuf, LocalPacket::kTunnelError);
}

void AnswerIcmp(Local& local, rte_mbuf* mbuf, const ParsedPacket& packet) {
  Batch& batch = local.batch;
  const IpAddress& to = packet.key.vip;
  const auto tunnel_error = ParseTunnelError(local, mbuf, packet);
  if (tunnel_error) HearTunnelError(local, *tunnel_error, to);
  // It may have tunnels of its own.
  if (batch.port().shares_with_kernel() && !local.IsVip(to)) return batch.AddForKernel(mbuf);
  if (!local.Has(to)) return batch.Drop(mbuf, DropReason::kNotOurAddress);
  if (tunnel_error) return EndTunnelError(batch, mbuf, *tunnel_error, to);
  if (local.Has(packet.key.client) || batch.port().IsBroadcast(packet.key.client))
    return batch.Drop(mbuf, DropReason::kMartianSource);
  if (!IsValidEchoRequest(FrameOf(mbuf), packet)) return batch.Drop(mbuf, DropReason::kIcmp);
  batch.Count(LocalPacket::kEchoRequest, mbuf);
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
    else if (packet.parsed.kind == PacketKind::kIcmpV6 &&
             IsNeighbourMessage(FrameOf(packet.mbuf), packet.parsed))
      AnswerNeighbourMessage(local, packet.mbuf, packet.parsed);
    else
      AnswerIcmp(local, packet.mbuf, packet.parsed);
  }
}

}  // namespace holdfast
